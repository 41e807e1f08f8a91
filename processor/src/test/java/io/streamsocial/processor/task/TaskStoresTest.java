package io.streamsocial.processor.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.store.Position;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.WindowStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskStoresTest {
  private static final Moment NOW = new Moment(1_763_000_000_000L, 1_000);
  private static final int ROWS = 50_000;

  @TempDir Path dir;

  private final List<KeptView> views = KeptView.of(EngineConfig.defaults().hashtags(true).build());

  @Test
  void aStoreThatOpensAndIsDamagedFurtherInIsSetAside() throws IOException {
    try (StateDirectory directory = StateDirectory.lock(dir.resolve("app").resolve("0"));
        StoreMemory memory = new StoreMemory(32 << 20)) {
      fill(directory.task(0), memory);
      TaskStores stores = new TaskStores(views, directory, memory);
      try (CountTask sound = stores.open(0, new TaskCounters(), NOW)) {
        assertThat(stores.isSound(sound, NOW, () -> false)).isTrue();
      }
      invert(directory.task(0));
      CountTask damaged = stores.open(0, new TaskCounters(), NOW);
      assertThat(damaged.store(0).tables()).as("it opens all the same").isNotEmpty();
      assertThat(stores.isSound(damaged, NOW, () -> false)).isFalse();
      assertThat(directory.damaged()).hasSize(1);
      try (CountTask empty = stores.open(0, new TaskCounters(), NOW)) {
        assertThat(stores.isSound(empty, NOW, () -> false)).isTrue();
      }
    }
  }

  private void fill(Path task, StoreMemory memory) {
    List<TaskStore.Spec> specs = views.stream().map(KeptView::spec).toList();
    try (TaskStore store = TaskStore.open(task, specs, memory)) {
      try (WindowStore.Fold fold = store.windows(0).fold()) {
        WindowStore.Region all = store.windows(0).window(0, new byte[0]);
        for (int i = 0; i < ROWS; i++) {
          byte[] key = "key-%d".formatted(i * 31L).getBytes(UTF_8);
          fold.add(all, key, 0, key.length, 1);
        }
      }
      store.commit(List.of(Position.NONE));
      store.flush();
    }
  }

  /** 40 bytes in the middle of the largest table. */
  private static void invert(Path task) throws IOException {
    try (Stream<Path> files = Files.list(task)) {
      Path table =
          files
              .filter(file -> file.toString().endsWith(".sst"))
              .max(Comparator.comparingLong(file -> file.toFile().length()))
              .orElseThrow();
      try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "rw")) {
        byte[] bytes = new byte[40];
        long middle = file.length() / 2;
        file.seek(middle);
        file.readFully(bytes);
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) ~bytes[i];
        }
        file.seek(middle);
        file.write(bytes);
      }
    }
  }
}
