package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.rooms.Rooms;
import org.junit.jupiter.api.Test;

/** Which package of this module may use which. ARCHITECTURE.md draws it. */
final class RoomsTest {
  @Test
  void packagesUseOnlyWhatTheirRoomMayUse() {
    Rooms rooms =
        Rooms.of("io.streamsocial.cli")
            .room("shell")
            .room("options", "shell")
            .room("query", "shell", "options")
            .room("state", "shell", "options")
            .room("generator", "shell")
            .room("", "shell", "options", "query", "state", "generator");
    assertThat(rooms.problems()).isEmpty();
  }
}
