package io.streamsocial.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.rooms.Rooms;
import org.junit.jupiter.api.Test;

/** Which package of this module may use which. ARCHITECTURE.md draws it. */
final class RoomsTest {
  @Test
  void packagesUseOnlyWhatTheirRoomMayUse() {
    Rooms rooms =
        Rooms.of("io.streamsocial.processor")
            .room("views")
            .room("", "views")
            .room("trends", "", "views")
            .room("posts", "", "views")
            .room("log", "", "views", "posts")
            .room("group", "", "log")
            .room("kafka", "", "group")
            .room("task", "", "views", "trends", "posts", "log")
            .room("snapshots", "", "task")
            .room(
                "loop",
                "",
                "views",
                "trends",
                "posts",
                "log",
                "group",
                "kafka",
                "task",
                "snapshots")
            .room("metrics", "", "views", "trends", "posts", "loop", "snapshots")
            .room("offline", "", "views", "posts", "log", "group", "kafka", "task", "snapshots");
    assertThat(rooms.problems()).isEmpty();
  }
}
