Feature: A restore brings everything back
  One command makes the application what it was at the backup: rows, sequences, roles, sessions with the time
  they have left, uploads with their owners. What came back is judged by asking the services.

  Background:
    Given a sample stack of its own, running and filled with data
    And a new member, a new upload and a visitor who is signed in
    And a backup of it
    And what it holds is written down

  Scenario: Everything is lost while the services run
    When the tables of "backend_db" and "analytics" are dropped
    And the role "reporting" is dropped
    And every key of Redis is flushed
    And all uploads and static files are deleted
    And I run "volops restore latest --yes"
    Then it succeeds
    And it holds what was written down
    And every service is healthy
    And the member, the upload and the visitor's session are still there
    And the member can sign in
    And the database was down for less than 10 seconds
    And no helper container is left

  Scenario: The volumes are gone, and the containers with them
    When I run "docker compose down -v"
    And I run "volops restore latest --yes"
    Then it succeeds
    And every service is healthy
    And it holds what was written down
    And the member, the upload and the visitor's session are still there
    And compose itself has nothing to complain of

  Scenario: One volume was removed by hand
    When I run "docker compose rm --stop --force backend proxy"
    And the volume "backend-media" is removed
    And I run "volops restore latest backend-media --yes"
    Then it succeeds
    When I run "docker compose up -d --wait"
    Then it succeeds
    And it holds what was written down
    And the member, the upload and the visitor's session are still there
