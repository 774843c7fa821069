-- Which way is out of a door, where the plan says it; plans imported before are imported again to have it.
ALTER TABLE door ADD COLUMN facing_deg double precision;
