package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.rooms.Rooms;
import org.junit.jupiter.api.Test;

/** Which package of this module may use which. ARCHITECTURE.md draws it. */
final class RoomsTest {
  @Test
  void packagesUseOnlyWhatTheirRoomMayUse() {
    Rooms rooms =
        Rooms.of("io.streamsocial.http")
            .room("")
            .room("auth", "")
            .room("net", "", "auth")
            .room("questions", "")
            .room("peers", "", "auth", "questions")
            .room("api", "", "auth", "questions", "peers")
            .room("live", "", "auth", "net", "peers", "api")
            .room("server", "", "auth", "net", "peers", "api", "live");
    assertThat(rooms.problems()).isEmpty();
  }
}
