package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineListener;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.trends.Queries;
import java.util.function.Supplier;

/**
 * An {@link Engine} without threads, on Kafka clients and a clock of the caller's: simulations turn
 * it by hand, and get the same run for the same input. One thread turns and ends it; what {@link
 * #engine()} can be asked, any thread may ask.
 */
public final class TurnedEngine implements AutoCloseable {
  private final Engine engine;

  private TurnedEngine(Engine engine) {
    this.engine = engine;
  }

  /**
   * Checks topics and state directory as {@link Engine#open} does; joins the group in its turns.
   *
   * @param clock read by every turn; it may stand still, and must not go back
   * @throws ConfigException as the engine does
   */
  public static TurnedEngine open(
      EngineConfig config, KafkaClients clients, Supplier<Moment> clock) {
    return new TurnedEngine(new Engine(config, clients, clock, EngineListener.NONE));
  }

  /** To be asked, not to be joined or closed: its turns and its end come from here. */
  public Engine engine() {
    return engine;
  }

  /**
   * What it holds of each partition, to be merged with what others hold. Of an engine that counts
   * no hashtags, only the views may be asked.
   */
  public Queries parts() {
    return engine.local();
  }

  /**
   * One turn of every loop. What a loop throws ends it, as it would end its thread; the status is
   * {@code FAILED} then.
   *
   * @return records processed
   */
  public int turn() {
    return engine.turn();
  }

  /** Ends as a process does by kill -9: what is not committed is dropped. Idempotent. */
  public void crash() {
    engine.crash();
  }

  /** Ends in order, as {@link Engine#close}: a last publish, checkpoint and flush. Idempotent. */
  @Override
  public void close() {
    engine.close();
  }
}
