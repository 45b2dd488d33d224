-- The second database: another encoding, an awkward name.
CREATE TABLE notes (body text);
INSERT INTO notes VALUES ('Käse'), ('brûlée');
