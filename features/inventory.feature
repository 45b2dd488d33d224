Feature: What there is, and how safe it is
  `volops volumes` and `volops status` say which volumes there are, what they hold, how much it would hurt
  to lose them, and when they were last saved.

  Background:
    Given the sample stack, running and filled with data

  Scenario: The inventory of the document
    When I run "volops volumes"
    Then it succeeds
    And it lists these volumes
      | postgres-data         | postgres     | critical    |
      | redis-data            | redis        | important   |
      | backend-media         | media        | critical    |
      | backend-static        | static       | regenerable |
      | frontend-node-modules | node_modules | regenerable |
      | proxy-logs            | logs         | optional    |
    And it says "never"

  Scenario: The age of the last good backup
    When I run "volops backup backend-media"
    And I run "volops volumes --json"
    Then the JSON says when "backend-media" was last backed up
    And the JSON says that "postgres-data" never was

  Scenario: Bind mounts are shown when asked for
    When I run "volops volumes --binds"
    Then it succeeds
    And it says "backend-logs"

  Scenario: The state of it all
    When I run "volops backup && volops status"
    Then it succeeds
    And it says "healthy" and "Last backup: full_backup_"

  Scenario: The list of backups, and one of them
    When I run "volops backup backend-static && volops backup && volops list"
    Then it succeeds
    And it says "selected_backup_" and "full_backup_"
    When I run "volops show latest"
    Then it succeeds
    And it says "postgres-data" and "npm ci"

  Scenario: A client's plugin: docker volops
    Given a Docker configuration of my own
    When I run "volops docker-plugin install && docker volops backup backend-static"
    Then it succeeds
    And there is one backup, called "selected_backup_" and the time
