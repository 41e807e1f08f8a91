package io.streamsocial.processor.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.store.StateDirectory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.errors.InterruptException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the work on a state directory ends that no instance uses, when its thread is interrupted. */
@Timeout(60)
class OfflineEndTest {
  @TempDir Path temp;

  /** The native memory of the stores is freed next. */
  @Test
  void anInterruptDoesNotLeaveAWorkerBehind() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    AtomicBoolean hasEnded = new AtomicBoolean();
    pool.execute(
        () -> {
          try {
            mayEnd.await();
            hasEnded.set(true);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    pool.shutdown();
    AtomicBoolean seenEnded = new AtomicBoolean();
    AtomicBoolean staysInterrupted = new AtomicBoolean();
    Thread caller =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              // As the copies do: they give up at once in a thread that is interrupted.
              StateRestore.awaitEnd(pool, () -> !Thread.currentThread().isInterrupted());
              seenEnded.set(hasEnded.get());
              staysInterrupted.set(Thread.interrupted());
            });
    caller.start();
    await().until(() -> waits(caller));
    caller.interrupt();
    await().until(() -> !caller.isInterrupted() && waits(caller));
    mayEnd.countDown();
    caller.join();
    assertThat(seenEnded).isTrue();
    assertThat(staysInterrupted).isTrue();
  }

  private static boolean waits(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING;
  }

  @Test
  void aConsumerThatIsNotClosedLeavesTheDirectoryFree() {
    EngineConfig config = EngineConfig.defaults().hashtags(true).stateDir(temp).build();
    MemoryKafka kafka = new MemoryKafka();
    TopicNames topics = TopicNames.of(config);
    kafka.createTopic(topics.shuffle(), 1, Map.of());
    topics.changelogs().forEach(changelog -> kafka.createTopic(changelog, 1, Map.of()));
    KafkaClients clients =
        proxy(
            KafkaClients.class,
            (self, method, arguments) ->
                method.getName().equals("restore")
                    ? interruptedAtClose(kafka.restore(0))
                    : method.invoke(kafka, arguments));
    OfflineState state = OfflineState.open(config, clients);
    assertThatThrownBy(state::close).isInstanceOf(InterruptException.class);
    assertThat(Thread.interrupted()).isTrue();
    StateDirectory.lock(config.instanceDirectory()).close();
  }

  private static Object interruptedAtClose(Consumer<byte[], byte[]> consumer) {
    return proxy(
        Consumer.class,
        (self, method, arguments) -> {
          if (method.getName().equals("close")) {
            throw new InterruptException(new InterruptedException());
          }
          return method.invoke(consumer, arguments);
        });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
