-- What a site has been taught. The newest one counts; one without a body says to go by the plan alone again.
CREATE TABLE calibration (
    site_id      integer NOT NULL,
    version      integer NOT NULL,                  -- counts up from 1
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL,
    body         jsonb,                             -- as `tallyport calibrate` writes it
    PRIMARY KEY (site_id, version)
);
-- Which of them a step was decided under; a restart takes each step again under its own.
ALTER TABLE ingest_progress ADD COLUMN taught integer NOT NULL DEFAULT 0;
