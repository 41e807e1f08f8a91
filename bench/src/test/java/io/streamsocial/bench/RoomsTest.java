package io.streamsocial.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.rooms.Rooms;
import org.junit.jupiter.api.Test;

/** Which package of this module may use which. ARCHITECTURE.md draws it. */
final class RoomsTest {
  @Test
  void packagesUseOnlyWhatTheirRoomMayUse() {
    Rooms rooms =
        Rooms.of("io.streamsocial.bench")
            .room("machine")
            .room("posts")
            .room("load")
            .room("contender", "machine", "posts")
            .room("micro", "machine", "posts")
            .room("micro.jmh_generated", "micro") // by JMH's annotation processor
            .room("", "machine", "posts", "load", "contender");
    assertThat(rooms.problems()).isEmpty();
  }
}
