@matrix
Feature: The document's table of what each operation preserves and removes
  Data of all five kinds is put in through the services. The operation is carried out, the services run again, and
  each is asked for its own: rows by SQL, files by HTTP, a key by redis-cli, a line of the log that nginx writes.

  Scenario Outline: <operation>: <data> is <outcome>
    When data of every kind is there, and then there is "<operation>"
    Then the kind "<data>" is "<outcome>"

    Examples:
      | operation                 | data     | outcome   |
      | docker compose down       | Database | Preserved |
      | docker compose down       | Media    | Preserved |
      | docker compose down       | Static   | Preserved |
      | docker compose down       | Cache    | Preserved |
      | docker compose down       | Logs     | Preserved |
      | docker compose up --build | Database | Preserved |
      | docker compose up --build | Media    | Preserved |
      | docker compose up --build | Static   | Preserved |
      | docker compose up --build | Cache    | Preserved |
      | docker compose up --build | Logs     | Preserved |
      | ./docker-dev.sh clean     | Database | Preserved |
      | ./docker-dev.sh clean     | Media    | Preserved |
      | ./docker-dev.sh clean     | Static   | Preserved |
      | ./docker-dev.sh clean     | Cache    | Preserved |
      | ./docker-dev.sh clean     | Logs     | Preserved |
      | ./docker-dev.sh clean-logs | Database | Preserved |
      | ./docker-dev.sh clean-logs | Media    | Preserved |
      | ./docker-dev.sh clean-logs | Static   | Preserved |
      | ./docker-dev.sh clean-logs | Cache    | Preserved |
      | ./docker-dev.sh clean-logs | Logs     | Removed   |
      | ./docker-dev.sh clean-cache | Database | Preserved |
      | ./docker-dev.sh clean-cache | Media    | Preserved |
      | ./docker-dev.sh clean-cache | Static   | Preserved |
      | ./docker-dev.sh clean-cache | Cache    | Removed   |
      | ./docker-dev.sh clean-cache | Logs     | Preserved |
      | ./docker-dev.sh clean-all | Database | Removed   |
      | ./docker-dev.sh clean-all | Media    | Removed   |
      | ./docker-dev.sh clean-all | Static   | Removed   |
      | ./docker-dev.sh clean-all | Cache    | Removed   |
      | ./docker-dev.sh clean-all | Logs     | Removed   |
      | docker compose down -v    | Database | Removed   |
      | docker compose down -v    | Media    | Removed   |
      | docker compose down -v    | Static   | Removed   |
      | docker compose down -v    | Cache    | Removed   |
      | docker compose down -v    | Logs     | Removed   |

  Scenario Outline: <operation>: the backend's log in ./backend/logs is <state>
    It is a directory of the host, and no volume: what removes volumes leaves it where it is.

    When data of every kind is there, and then there is "<operation>"
    Then the kind "Backend logs" is "<state>"

    Examples:
      | operation                  | state     |
      | docker compose down        | Preserved |
      | docker compose up --build  | Preserved |
      | ./docker-dev.sh clean      | Preserved |
      | ./docker-dev.sh clean-logs | Removed   |
      | ./docker-dev.sh clean-cache | Preserved |
      | ./docker-dev.sh clean-all  | Preserved |
      | docker compose down -v     | Preserved |
