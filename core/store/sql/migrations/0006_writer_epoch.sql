-- Each writer of a site gets the next number, and a former one's steps are refused.
ALTER TABLE site ADD COLUMN writer_epoch bigint NOT NULL DEFAULT 0;
