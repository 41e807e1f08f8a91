package io.streamsocial.processor.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Role;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slices are read from heads, and from the store where a head does not know. */
final class SliceReaderTest {
  private static final Windowing WINDOWING = new Windowing(100, 0, 500);

  @TempDir Path dir;

  private static void add(WindowStore store, long start, String region, String tag, long count) {
    byte[] bytes = tag.getBytes(UTF_8);
    try (WindowStore.Fold fold = store.fold()) {
      fold.add(store.window(start, region.getBytes(UTF_8)), bytes, 0, bytes.length, count);
    }
  }

  @Test
  void candidatesHaveExactCountsAndVolumesAreOfAllTags() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        WindowStore store =
            WindowStore.open(dir, "counts", 100, WindowStore.Bounds.ofHeads(2), memory)) {
      for (int i = 1; i <= 20; i++) {
        add(store, 100, "EU", "t" + i, i); // a head of 2 to 4 of them
      }
      add(store, 200, "EU", "t1", 9);
      add(store, 200, "EU", "t2", 4);
      add(store, 200, "US", "t3", 5);
      add(store, 200, WindowStore.ALL_REGIONS, "t1", 9);
      store.publish();
      InputProgress progress = new InputProgress();
      progress.update(1, 0, 1, 225, 1, false);
      assertThat(progress.advance()).isTrue();
      CountTask.View view = new CountTask.View(Role.ACTIVE, List.of(store.heads()), progress, 1, 1);

      RegionVolumes.Question all = new RegionVolumes.Question(3, null, 5, 250);
      RegionVolumes.Slice slice =
          new SliceReader(WINDOWING, all).read(7, store, view).orElseThrow();
      assertThat(slice.partition()).isEqualTo(7);
      assertThat(slice.elapsed()).isEqualTo(0.25);
      assertThat(slice.volumes()).containsOnlyKeys("EU", "US");
      assertThat(slice.volumes().get("EU")).containsExactly(0, 210, 13);
      assertThat(slice.candidates()).hasSize(2);
      for (RegionVolumes.Candidate candidate : slice.candidates()) {
        long[] expected =
            candidate.region().equals("EU") ? new long[] {0, 1, 9} : new long[] {0, 0, 5};
        assertThat(candidate.counts()).isEqualTo(expected);
      }

      RegionVolumes.Question one = new RegionVolumes.Question(1, "US", 0, 250);
      RegionVolumes.Slice volumes =
          new SliceReader(WINDOWING, one).read(7, store, view).orElseThrow();
      assertThat(volumes.volumes()).containsOnlyKeys("US");
      assertThat(volumes.candidates()).isEmpty();
    }
  }
}
