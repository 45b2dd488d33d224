Feature: One database goes back, and nothing else
  A snapshot is loaded into a new database beside the live one, on the server that goes on serving, and proven
  there. Then the two change names. Of a backup one table alone can come back, too, beside the live one.

  Scenario: The table is back, and no service noticed
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    When I run "volops backup-db"
    And the table with the entries is dropped
    And I run "volops restore --yes" with the snapshot
    Then it succeeds
    And it says "as recorded when it was dumped"
    And the database "books" has 1000 entries again, the same as before
    And the next entry gets an id that nobody had
    And every service is as it was before
    And no helper container is left

  Scenario: What was live before is kept, and comes back by the command that is printed
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    When I run "volops backup-db"
    And 500 entries are changed and 200 are added
    And I run "volops restore --yes" with the snapshot
    Then the database "books" has 1000 entries again, the same as before
    When I run the "volops rollback" that it printed
    Then it succeeds
    And the database "books" has 1200 entries now
    When I run the "volops commit" that it printed
    Then it succeeds
    And the server has no other database than "books"

  Scenario: Into a database of another name, to look at it first
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    When I run "volops backup-db"
    And 500 entries are changed and 200 are added
    And I run "volops restore --yes --database trial" with the snapshot
    Then it succeeds
    And the database "trial" has 1000 entries again, the same as before
    And the database "books" has 1200 entries now

  Scenario: A snapshot that is not whole never gets near the live database
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    When I run "volops backup-db"
    And the snapshot loses its last 2000 bytes
    And I run "volops restore --yes" with the snapshot
    Then it ends with exit code 20
    And the database "books" has 1000 entries again, the same as before
    And the server has no other database than "books"
    And every service is as it was before

  Scenario: The commonest accident: one table was dropped
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    And a backup of it
    When the table with the entries is dropped
    And I run "volops restore latest --table entry"
    Then it succeeds
    And it says "restored public.entry_restored: 1000 rows"
    When I run the SQL that it printed in "books"
    Then the database "books" has 1000 entries again, the same as before
    And the next entry gets an id that nobody had
    And every service is as it was before

  Scenario: A table that was never there
    Given a fresh stack "ledger"
    And the database "books" has 1000 entries
    And a backup of it
    When I run "volops restore latest --table entries"
    Then it ends with exit code 2
    And it says in one line "no table 'entries'" and "public.entry"
