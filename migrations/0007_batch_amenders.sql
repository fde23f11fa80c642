-- Who added a claim to a batch by an amendment; NULL where it came with the batch. Nobody has their own claim approved by
-- adding it to somebody else's batch.
ALTER TABLE batch_items ADD COLUMN added_by TEXT;
