package io.streamsocial.processor.loop;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.test.memory.MemoryKafka;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** For tests of one loop under exactly-once, which is turned by hand. */
abstract class OneLoop {
  @TempDir Path stateDir;

  LoopRig rig;
  MemoryKafka kafka;

  @BeforeEach
  void open() {
    rig = new LoopRig(stateDir, Guarantee.EXACTLY_ONCE);
    kafka = rig.kafka;
  }

  /** Another loop in its place, from nothing. */
  void reopen(Guarantee guarantee) {
    rig.close();
    rig = new LoopRig(stateDir.resolve("other"), guarantee);
    kafka = rig.kafka;
  }

  @AfterEach
  void close() {
    rig.close();
  }
}
