Feature: Files come back as they were
  What GNU tar reads back from an archive is what was in the volume: owners, modes, times, links, extended
  attributes, access lists, holes, odd names, and the root of the volume itself.

  Scenario: A volume full of oddities
    Given a fresh stack "box"
    And the volume "things" holds one file of every odd kind
    When I run "volops backup"
    Then it succeeds
    And the archive of "things", unpacked by GNU tar, gives the same tree
    And the holes of its sparse file take no room in the archive
