Feature: Plugins, and what happens when one is bad
  A plugin that is broken, or that wants what another one has, never stops the others, and never turns
  into silence: what it would have saved is reported as failed.

  Background:
    Given the shared stack "ledger"

  Scenario: The six that come with volops
    When I run "volops plugins"
    Then it succeeds
    And it lists "postgres, redis, media, static, node_modules, logs" as ok

  Scenario: A stranger's plugin saves a volume its own way
    Given the installed plugin "receipts-by-name"
    And the compose file also says
      """
      x-volops:
        volumes:
          receipts: {type: receipts-by-name}
      """
    When I run "volops backup receipts"
    Then it succeeds
    And "receipts" is in the backup as "receipts-by-name"
    And the manifest names the distribution "receipts-by-name" for "receipts"

  Scenario: Two plugins claim one volume
    Given the installed plugin "rival-media"
    When I run "volops backup"
    Then it ends with exit code 3
    And it says "rival-media" and "volops" and "receipts"
    And "books" is in the backup as "postgres"
    And "receipts" failed, and the manifest says why
    And nothing is left behind

  Scenario: The compose file settles the quarrel
    Given the installed plugin "rival-media"
    And the compose file also says
      """
      x-volops:
        volumes:
          receipts: {type: media}
      """
    When I run "volops backup"
    Then it succeeds
    And "receipts" is in the backup as "media"

  Scenario Outline: A plugin that <how it is broken>
    Given the installed plugin "<plugin>"
    When I run "volops backup"
    Then it succeeds
    And "books" is in the backup as "postgres"
    And "receipts" is in the backup as "media"
    When I run "volops plugins"
    Then it ends with exit code 1
    And it says "<plugin>" and "broken"

    Examples:
      | how it is broken         | plugin          |
      | cannot be imported       | unimportable    |
      | raises when it is asked  | raising         |

  Scenario: The volume of a broken plugin is not passed over in silence
    Given the installed plugin "unimportable"
    And the compose file also says
      """
      x-volops:
        volumes:
          receipts: {type: unimportable}
      """
    When I run "volops backup"
    Then it ends with exit code 3
    And it says "unimportable"
    And "receipts" failed, and the manifest says why
