-- lock_timeout: 5s
-- Blobs: files up to 20 MB, in pieces of 256 KiB.

CREATE TABLE blob (
    shop_id    uuid NOT NULL REFERENCES shop,
    blob_id    uuid NOT NULL,
    sha256     bytea NOT NULL,
    bytes      bigint NOT NULL CHECK (bytes BETWEEN 0 AND 20971520),
    mime       text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, blob_id)
);

CREATE TABLE blob_chunk (
    shop_id uuid NOT NULL,
    blob_id uuid NOT NULL,
    n       int NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (shop_id, blob_id, n),
    FOREIGN KEY (shop_id, blob_id) REFERENCES blob ON DELETE CASCADE
);
-- Pictures and archives do not get any smaller; trying costs CPU.
ALTER TABLE blob_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
