Feature: A full backup holds everything
  One command saves every volume that cannot be made again. Whether the backup is good is judged here with
  other people's tools: zstd, tar, psql, a Redis server.

  Background:
    Given the sample stack, running and filled with data

  Scenario: One command, and one line that says how it went
    When I run "volops backup"
    Then it succeeds
    And its last line says "complete", a size, a time, and where the backup is
    And there is one backup, called "full_backup_" and the time
    And only its owner can read the backups
    And nothing is left behind

  Scenario: Every database comes back with psql alone
    When I run "volops backup"
    And its SQL files are loaded with psql into an empty server
    Then the databases "analytics, backend_db" hold the same rows as the running ones
    And the manifest gives the number of rows in each of their tables
    And the roles "postgres, reporting" are there
    And the next user gets an id that nobody had

  Scenario: Uploads and static files come back byte for byte
    When I run "volops backup"
    And the archives of "backend-media, backend-static" are unpacked with tar
    Then every file is there, byte for byte, with its owner, mode and time

  Scenario: Sessions and the queue come back when a Redis server starts with the file
    When I run "volops backup"
    And a Redis server is started with the saved file
    Then it holds the same keys and values as the running one
    And the manifest gives the number of keys in each Redis database

  Scenario: What can be made again is written down, not archived
    When I run "volops backup"
    Then "frontend-node-modules" is in the backup as a recipe, with the digest of its lock file and "npm ci"
    And "proxy-logs" is left out, and the manifest says why

  Scenario: The compose file is in the backup, too
    When I run "volops backup"
    Then the backup holds the compose file as it was

  Scenario: The application serves while it is backed up
    Given somebody reads the application's page again and again
    When I run "volops backup"
    Then it succeeds
    And every page was served
    And every service is as it was before

  Scenario: A backup of a database that is being written to shows one moment
    Given a ledger to which two entries are added in each transaction, again and again
    When I run "volops backup"
    And its SQL files are loaded with psql into an empty server
    Then it succeeds
    And every transaction of the ledger is there in full or not at all
    And the manifest gives the number of rows in each of their tables

  Scenario: Files that change while they are read spoil nothing
    Given uploads come and go again and again
    When I run "volops backup backend-media"
    Then it succeeds
    And the archive of "backend-media" is read to its end by tar
    And every upload of before is in it, byte for byte

  Scenario: Two backups do not get in each other's way
    When I run "volops backup backend-static && volops backup backend-static"
    Then it succeeds
    And there are 2 backups
    And nothing is left behind
