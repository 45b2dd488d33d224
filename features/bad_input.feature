Feature: What bad input gets
  One line that names the cause and the next step, an exit code of its own, and nothing left behind.

  Scenario: No compose file
    Given I am in an empty directory
    When I run "volops backup"
    Then it ends with exit code 2
    And it says in one line "compose file"
    And nothing is left behind

  Scenario: A compose file that is none
    Given the shared stack "box"
    And the compose file says
      """
      services:
        box: {image: [not, an, image]}
      """
    When I run "volops backup"
    Then it ends with exit code 2
    And it says in one line "services.box.image"
    And there is no backup
    And nothing is left behind

  Scenario Outline: No engine, for `volops <verb>`
    Given the shared stack "box"
    And no engine answers
    When I run "volops <verb>"
    Then it ends with exit code 1
    And it says in one line "no container engine answers at unix:///nowhere/docker.sock"
    And there is no backup

    Examples:
      | verb    |
      | backup  |
      | volumes |
      | status  |

  Scenario: An engine that is too old
    Given the shared stack "box"
    And an engine that speaks API 1.41 at most
    When I run "volops backup"
    Then it ends with exit code 1
    And it says in one line "too old" and "install Docker Engine 26 or newer"
    And there is no backup

  Scenario Outline: <what> in x-volops
    Given the shared stack "box"
    And the compose file also says
      """
      x-volops:
        <said>
      """
    When I run "volops backup"
    Then it ends with exit code 2
    And it says in one line "<path>"
    And there is no backup
    And nothing is left behind

    Examples:
      | what                   | said                                 | path                          |
      | an unknown key         | backup_dir: /somewhere               | x-volops.backup_dir           |
      | an unknown volume      | volumes: {thigns: {backup: false}}   | x-volops.volumes.thigns       |
      | a value of a wrong kind| volumes: {things: {backup: perhaps}} | x-volops.volumes.things.backup|

  Scenario Outline: An unknown key for a volume, with `volops <verb>`
    Given the shared stack "ledger"
    And the compose file also says
      """
      x-volops:
        volumes:
          books: {jbos: 4}
      """
    When I run "volops <verb>"
    Then it ends with exit code <code>
    And it says "x-volops.volumes.books.jbos"
    And nothing is left behind

    Examples:
      | verb         | code |
      | backup books | 2    |
      | backup       | 3    |

  Scenario: A volume of no known type is saved as plain files, and that is said
    Given the shared stack "box"
    When I run "volops backup"
    Then it succeeds
    And it says "no type is known for it"
    And "things" is in the backup as "files"

  Scenario Outline: <words>: a command line that means nothing
    Given the shared stack "box"
    When I run "volops <words>"
    Then it ends with exit code 2
    And it says in one line "--help"

    Examples:
      | words           |
      | bakcup          |
      | backup --frobn  |
      | show            |
