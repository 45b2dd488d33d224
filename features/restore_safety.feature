Feature: A restore that fails leaves the live data as it was
  Everything is made anew beside the live data and proven there. What does not pass never gets near it; what
  gets near it and does not work is taken back.

  Rule: Before the swap, nothing live is touched

    Background:
      Given the ledger, with its entries and receipts
      And a backup of it
      And 10 entries are changed and 5 are added

    Scenario Outline: The backup has <damage>
      Given <damage> in the backup
      And what it holds is written down
      When I run "volops restore latest --yes"
      Then it ends with exit code 20
      And it holds what was written down
      And every service is as it was before
      And no helper container is left

      Examples: What digests show
        | damage                             |
        | a flipped bit in the media archive |
        | a dump that is cut short           |
        | a missing archive                  |

      Examples: What only a restore shows
        | damage                                                     |
        | a table that is not in the dump, digests made to match     |
        | one row less in the dump, digests made to match            |
        | an error in the SQL, digests made to match                 |
        | an archive without its last file, digests made to match    |

    Scenario Outline: It is ended by <how> while the database is loaded
      Given the database "books" is large
      And I run "volops backup"
      And what it holds is written down
      When "volops restore latest --yes" is loading the database
      And it gets the signal <signal>
      Then it does not succeed
      When I run "volops status"
      Then it holds what was written down
      And every service is as it was before
      And no helper container is left
      And nothing is staged in "books, receipts"

      Examples:
        | how                       | signal  |
        | Ctrl-C                    | SIGINT  |
        | a shutdown of the machine | SIGTERM |
        | the kernel                | SIGKILL |

    Scenario: Its helper container is killed while the database is loaded
      Given the database "books" is large
      And I run "volops backup"
      And what it holds is written down
      When "volops restore latest --yes" is loading the database
      And the helper containers are killed
      Then it ends with exit code 20
      And it holds what was written down
      And every service is as it was before

    Scenario: The throwaway server does not start
      Given the compose file is overridden by
        """
        services: {db: {command: [postgres, -c, shared_preload_libraries=nosuch]}}
        """
      And what it holds is written down
      When I run "volops restore latest --yes"
      Then it ends with exit code 20
      And it says "the throwaway server does not start" and "nosuch"
      And it holds what was written down
      And every service is as it was before
      And no helper container is left
      And nothing is staged in "books, receipts"

    Scenario: Nobody is there to say yes
      When I run "volops restore latest"
      Then it ends with exit code 2
      And it says "--yes"
      And every service is as it was before

    Scenario: A dry run shows what would be done
      Given what it holds is written down
      When I run "volops restore latest --dry-run"
      Then it succeeds
      And it says "restores" and "stops" and "nothing was done"
      And it holds what was written down
      And every service is as it was before

    Scenario: A dry run tells of what a restore would fail of
      Given a flipped bit in the media archive in the backup
      When I run "volops restore latest --dry-run"
      Then it ends with exit code 20
      And it names the damaged file
      And every service is as it was before

  Rule: A disk that is full, or becomes so, costs no data

    Background:
      Given a fresh stack "thimble"
      And the database "books" has 1000 entries
      And a backup of it

    Scenario Outline: With <left> MiB left, <what>
      Given the file system of the database has <left> MiB left
      And what it holds is written down
      When I run "volops restore latest --yes"
      Then it ends with exit code 20
      And it says "<told>"
      And it holds what was written down
      And every service is as it was before
      And no helper container is left
      And nothing is staged in "books"

      Examples:
        | left | what                                     | told                     |
        | 8    | it is refused before anything is touched | there is not enough room |
        | 24   | it becomes full while the data is made   | No space left on device  |

  Rule: Nothing is replaced unless somebody says yes to it

    Background:
      Given the shared stack "ledger"

    Scenario Outline: Anything but "yes" cancels: "<typed>"
      Given a backup of it
      When I run "./docker-dev.sh restore latest" and type "<typed>"
      Then it ends with exit code 1
      And it names the backup before it asks
      And it says "nothing was changed"
      And every service is as it was before
      And nothing is left behind

      Examples:
        | typed |
        | no    |
        | y     |
        |       |

    Scenario: A file that was not named: what there is to choose from
      Given a backup of it
      When I run "./docker-dev.sh backup && ./docker-dev.sh restore"
      Then it ends with exit code 1
      And it lists every backup there is
      And every service is as it was before

    Scenario: A file that is not there
      Given a backup of it
      When I run "./docker-dev.sh restore ./backups/full_backup_19990101_000000.tar.gz"
      Then it ends with exit code 10
      And it says "full_backup_19990101_000000" and "`volops list`"
      And every service is as it was before

  Rule: After the swap, what does not work is taken back

    Scenario: A service does not get well on the restored data
      Given a fresh stack "moody"
      And the mood is "bad", and "volops backup" is run
      And the mood is "good"
      When I run "volops restore latest --yes --patience 20"
      Then it ends with exit code 20
      And the mood is still "good"
      And every service is running and well
      And nothing is staged in "moods"

    Scenario: A service that was stopped stays stopped
      Given a fresh stack "moody"
      And the mood is "calm", and "volops backup" is run
      And the mood is "good"
      And the service "guest" is stopped
      When I run "volops restore latest --yes"
      Then it succeeds
      And the mood is still "calm"
      And the service "guest" is still stopped
      And "counter" was started again before "window"

    Scenario: It replaces and never merges, and what was there before comes back
      Given a fresh stack "moody"
      And the mood is "calm", and "volops backup" is run
      And the mood is "good"
      And the file "later" is in the volume "moods"
      When I run "volops restore latest --yes"
      Then the mood is still "calm"
      And the file "later" is not in the volume "moods"
      When I run "volops rollback --yes"
      Then the mood is still "good"
      And the file "later" is in the volume "moods" again
      When I run "volops commit --yes"
      Then it succeeds
      And nothing is kept in "moods"
      And the file "later" is in the volume "moods" again

  Rule: However large the dump, the service is down only for the swap

    Scenario: A database of some size
      Given the ledger, with its entries and receipts
      And the database "books" is large
      And a backup of it
      When I run "volops restore latest books --yes"
      Then it succeeds
      And the database was down for less than 10 seconds
