-- Which store the catalogue belongs to: what its `store-id` says. A catalogue that was moved away names another one, so that nobody goes on
-- with it.
CREATE TABLE store (
    only_row integer PRIMARY KEY CHECK (only_row = 1),
    id       text NOT NULL
);
