package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.rooms.Rooms;
import org.junit.jupiter.api.Test;

/** Which package of this module may use which. ARCHITECTURE.md draws it. */
final class RoomsTest {
  @Test
  void packagesUseOnlyWhatTheirRoomMayUse() {
    Rooms rooms =
        Rooms.of("io.streamsocial.store")
            .room("table")
            .room("rocks", "table")
            .room("", "table", "rocks")
            .room("snapshots", "", "table");
    assertThat(rooms.problems()).isEmpty();
  }
}
