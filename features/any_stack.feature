Feature: Any compose project, whatever its names
  Nothing about service, volume or project names is assumed. This stack has two PostgreSQL servers of two
  versions, one of which asks everybody for a password, a Redis 7 with a password and without a name that
  says so, volumes without a name, external and anonymous ones, a profile, and a bind mount.

  Background:
    Given the shared stack "clinic"

  Scenario: All of it is backed up
    When I run "volops backup"
    Then it succeeds
    And "patient-files, medicines" are in the backup as "postgres"
    And "appointments" is in the backup as "redis"
    And "pictures, shared" are in the backup as "files"
    And the anonymous volume of "desk" is in the backup
    And "night-log" is left out, and the manifest says why
    And nothing is left behind

  Scenario: Both servers' databases come back with psql alone
    When I run "volops backup"
    And the SQL files of "patient-files" are loaded with psql into an empty server
    Then the databases "billing, patients" hold the same rows as those of "patients"
    And the manifest gives the number of rows in each of their tables

  Scenario: The types are recognised without being told
    When I run "volops volumes --binds"
    Then it succeeds
    And it lists these volumes
      | patient-files | postgres |
      | medicines     | postgres |
      | appointments  | redis    |
      | pictures      | files    |
      | shared        | files    |
      | letters       | files    |

  Scenario: Which of two databases is meant must be said
    When I run "volops backup-db"
    Then it ends with exit code 2
    And it says "patient-files" and "medicines"
    And there is no backup

  Scenario: The database that is named
    When I run "volops backup-db patient-files --database billing"
    Then it succeeds
    And the table "public.invoice" of the snapshot has 400 rows

  Scenario: A bind mount, by its path, with a file that has an odd name
    When I run "volops backup ./letters"
    Then it succeeds
    And the archive holds the file "to the colleague — été.txt"

  Scenario Outline: A profile that is active by <how>
    When I run "docker compose --profile night create night-shift && <volops> backup night-log"
    Then it succeeds
    And only "night-log" is in it

    Examples:
      | how        | volops                        |
      | an option  | volops --profile night        |
      | a variable | COMPOSE_PROFILES=night volops |

  Scenario: A stack of which only a part runs
    Given the service "stock" is stopped
    When I run "volops backup"
    Then it ends with exit code 3
    And it says "database is not running" and "volops start stock"
    And there is one backup, called "partial_full_backup_" and the time
    And "patient-files" is in the backup as "postgres"
    And the service "stock" is still stopped
    And nothing is left behind
    When I run "volops verify latest"
    Then it ends with exit code 10

  Scenario Outline: A project that is elsewhere, named by <what>
    Given I am in an empty directory beside the project
    When I run "<volops> backup appointments"
    Then it succeeds
    And only "appointments" is in it

    Examples:
      | what              | volops                                                                        |
      | its file          | volops -f ../project/compose.yaml --env-file ../project/.env                  |
      | its directory     | volops --project-directory ../project                                         |
      | variables         | COMPOSE_FILE=../project/compose.yaml COMPOSE_ENV_FILES=../project/.env volops |
      | a line of .env    | echo 'COMPOSE_FILE=../project/compose.yaml # there' >.env && volops           |
      | two lines of .env | (echo D=../project; echo 'COMPOSE_FILE=$D/compose.yaml') >.env && volops      |

  Scenario: The same files under another name are another project
    When I run "volops -p nobody backup appointments"
    Then it ends with exit code 1
    And it says "volume 'nobody_appointments' does not exist"
    And there is no backup
