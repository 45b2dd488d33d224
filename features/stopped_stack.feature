Feature: A stack that is not running
  Files are saved whether services run or not; a database must serve, and volops says how to start it.

  Scenario: The database is not running
    Given a fresh stack "ledger"
    And the service "db" is stopped
    When I run "volops backup books"
    Then it ends with exit code 1
    And it says "database is not running" and "volops start db"
    And there is no backup
    And nothing is left behind
    When I run "volops start db && volops backup"
    Then it succeeds
    And there is one backup, called "full_backup_" and the time

  Scenario: Nothing runs, and there are only files
    Given a fresh stack "box"
    And the service "box" is stopped
    When I run "volops backup"
    Then it succeeds
    And the service "box" is still stopped

  Scenario: Nothing was ever started
    Given the stack "box", never started
    When I run "volops backup"
    Then it ends with exit code 1
    And it says "no volume of this stack exists yet" and "volops start"
    And no volume of it was made
    And there is no backup
    And nothing is left behind

  Scenario: Services are held still while their files are read, and let go again
    Given a fresh stack "box"
    And the compose file also says
      """
      x-volops:
        volumes:
          things: {quiesce: pause}
      """
    When I run "volops backup"
    Then it succeeds
    And every service is as it was before
    And the engine says that "box" was paused and let go

  Scenario: The database refuses the password
    Given a fresh stack "ledger"
    And the database asks everybody for a password that its container does not know
    When I run "volops backup books"
    Then it ends with exit code 1
    And it says "password"
    And there is no backup
    And nothing is left behind
