Feature: Working with the services
  What a person does between two backups: look into a service, ask the database, read the logs.

  Background:
    Given the shared stack "ledger"

  Scenario: A program in a service has its own input, output and exit code
    When I run "echo what comes in | volops exec web sh -c 'cat; exit 7'"
    Then it ends with exit code 7
    And it says "what comes in"

  Scenario: The database is asked without a password being typed
    When I run "echo 'SELECT current_database() || current_user' | volops db-shell"
    Then it succeeds
    And it says "bookspostgres"

  Scenario: What the services printed
    When I run "volops logs db"
    Then it succeeds
    And it says "database system is ready to accept connections"

  Scenario Outline: A service that there is not, for `volops <verb>`
    When I run "volops <verb>"
    Then it ends with exit code 2
    And it says in one line "no service 'dbb' in this stack" and "db"
    And every service is as it was before

    Examples:
      | verb         |
      | start dbb    |
      | restart dbb  |
      | logs dbb     |
      | exec dbb ls  |
