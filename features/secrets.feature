Feature: Secrets stay where they are
  The passwords of the services never show up in what volops writes, prints or runs.

  Scenario Outline: The passwords of <stack> are nowhere to be seen
    Given <stack>
    And a witness who writes down every process and every helper container
    When I run "volops --json backup --all; volops status; volops show latest; volops volumes --json"
    Then it succeeds
    And the witness saw helper containers at work
    And none of the passwords is in the output, in a manifest, among the processes or on a helper container

    Examples:
      | stack                                        |
      | the sample stack, running and filled with data |
      | the shared stack "clinic"                    |

  Scenario: Nor do they when a backup is proven, restored and carried about
    Given a sample stack of its own, running and filled with data
    And a witness who writes down every process and every helper container
    When I run "volops backup && volops verify latest --restore && volops restore latest --yes && volops bundle latest"
    Then it succeeds
    And the witness saw helper containers at work
    And none of the passwords is in the output, in a manifest, among the processes or on a helper container
