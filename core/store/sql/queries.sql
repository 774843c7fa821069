-- The statements of the store: a name, a sentence, the statement. core/store/queries.py reads them.

-- site_ids --
-- Every site by its id.
SELECT id FROM site ORDER BY id
