package io.streamsocial.processor.test;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.loop.TurnedEngine;
import io.streamsocial.processor.test.memory.MemoryClient;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One instance over all its lives, of which each has an engine and all have the same state. */
final class Instance {

  /** Where a killed instance is in its work. */
  enum Death {
    BETWEEN_TURNS("between two turns"),
    IN_TRANSACTION("in the middle of a transaction"),
    AFTER_COMMIT("after a commit, before it has stored what it has committed");

    private final String text;

    Death(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private final EngineConfig config;
  private final MemoryClient client;
  private final Supplier<Moment> clock;
  private @Nullable TurnedEngine engine;
  private boolean hangs;
  private long silentSinceMs;

  Instance(EngineConfig config, MemoryClient client, Supplier<Moment> clock) {
    this.config = config;
    this.client = client;
    this.clock = clock;
  }

  String id() {
    return config.identity().instanceId();
  }

  MemoryClient client() {
    return client;
  }

  /** Null when it is down. */
  @Nullable TurnedEngine engine() {
    return engine;
  }

  /** Whether it takes turns. */
  boolean isUp() {
    return engine != null && !hangs;
  }

  /** Since when the group has not heard of it; now when it is up. */
  long silentSinceMs() {
    return isUp() ? clock.get().steadyMs() : silentSinceMs;
  }

  void start() {
    engine = TurnedEngine.open(config, client, clock);
    hangs = false;
  }

  /**
   * @return records processed
   */
  int turn() {
    return running().turn();
  }

  private TurnedEngine running() {
    TurnedEngine running = engine;
    if (running == null) {
      throw new IllegalStateException("instance %s is down".formatted(id()));
    }
    return running;
  }

  /** Takes no turn until it wakes. */
  void hang() {
    silentSinceMs = clock.get().steadyMs();
    hangs = true;
  }

  void wake() {
    hangs = false;
  }

  void stop() {
    TurnedEngine ending = running();
    silentSinceMs = clock.get().steadyMs();
    engine = null;
    ending.close();
  }

  /** Has its next commit kill it; {@link #kill} does it at once. */
  void plan(Death death) {
    Runnable kill =
        () -> {
          throw new ProcessKilled();
        };
    switch (death) {
      case BETWEEN_TURNS -> {}
      case IN_TRANSACTION -> client.whileCommitting = kill;
      case AFTER_COMMIT -> client.afterCommit = kill;
    }
  }

  void kill() {
    client.whileCommitting = () -> {};
    client.afterCommit = () -> {};
    TurnedEngine ending = engine;
    if (ending != null) {
      silentSinceMs = clock.get().steadyMs();
      engine = null;
      ending.crash();
    }
  }
}
