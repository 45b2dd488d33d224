Feature: A backup is proven, and taken back beside the live stack or in part
  `volops verify --restore` restores everything where nobody looks; `--into` for a copy of the project; `--path`
  brings single files back, and `--to` puts them into a directory.

  Background:
    Given a fresh stack "ledger"
    And the database "books" has 500 entries
    And receipts of 2024 and 2025
    And a backup of it

  Scenario: A good backup is proven, and nothing live is touched
    When I run "volops verify latest --restore"
    Then it succeeds
    And it says "is proven"
    And every service is as it was before
    And nothing is left behind

  Scenario: Digests that were made to fit do not make a backup good
    Given a row taken out of its dump, the digests and the seal made to fit
    When I run "volops verify latest"
    Then it succeeds
    When I run "volops verify latest --restore"
    Then it ends with exit code 1
    And it says "is NOT GOOD" and "public.entry has 499 rows, had 500"
    And every service is as it was before
    And nothing is left behind

  Scenario: A copy of the project beside the live one
    Given the name of a copy
    When I restore it into a copy of the project
    Then it succeeds
    And the copy starts with the command that volops printed, and without a warning
    And the copy's database "books" has the same 500 entries
    And the copy has the same receipts
    And every service is as it was before
    And nothing of the copy is left after "docker compose down --volumes"

  Scenario: One folder comes back, everything else stays
    Given a receipt of 2024 is lost, one of 2025 is changed, and there are new ones
    When I run "volops restore latest receipts --path 2024 --yes"
    Then it succeeds
    And the receipts of 2024 are back, beside the new one
    And those of 2025 are as they were just now
    When I run "volops rollback --yes"
    Then it succeeds
    And all receipts are as they were just now

  Scenario: Files out of a backup, into a directory
    When I run "volops restore latest receipts --path '2024/*' --to found"
    Then it succeeds
    And the directory "found" holds the receipts of 2024 and nothing else
    And every service is as it was before
