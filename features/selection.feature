Feature: Backing up what was asked for, and nothing else
  Volumes are named as the compose file or the engine names them; bind mounts by their path.

  Background:
    Given the sample stack, running and filled with data

  Scenario Outline: One volume, by <which name>
    When I run "volops backup <volume>"
    Then it succeeds
    And there is one backup, called "selected_backup_" and the time
    And only "backend-media" is in it
    And nothing is left behind

    Examples:
      | which name              | volume                         |
      | its name in the file    | backend-media                  |
      | its name on the engine  | $VOLUME_PREFIX-backend-media   |

  Scenario: Several volumes
    When I run "volops backup redis-data backend-static"
    Then it succeeds
    And only "backend-static, redis-data" are in it

  Scenario: Everything, dependencies and logs too
    When I run "volops backup --all"
    Then it succeeds
    And there is one backup, called "full_backup_" and the time
    And the archives of "frontend-node-modules, proxy-logs" are read to their end by tar
    And no volume is left out

  Scenario: A directory that is mounted from the host
    When I run "volops backup $BACKEND_LOGS"
    Then it succeeds
    And the archive holds the application's log

  Scenario: A volume that the configuration leaves out
    Given the compose file also says
      """
      x-volops:
        volumes:
          backend-static: {backup: false}
      """
    When I run "volops backup"
    Then it succeeds
    And "backend-static" is left out, and the manifest says why

  Scenario: A misspelt volume is an error, never a new and empty volume
    When I run "volops backup backend-medai"
    Then it ends with exit code 2
    And it says "no volume 'backend-medai' in this stack" and "backend-media"
    And no volume has "medai" in its name
    And there is no backup
    And nothing is left behind
