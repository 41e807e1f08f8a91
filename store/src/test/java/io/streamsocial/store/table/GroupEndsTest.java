package io.streamsocial.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.Property;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ends of a group's sessions against a list of them. */
class GroupEndsTest {
  @Test
  void countsAreThoseOfAListWhateverComesAndGoesAndExpires() {
    Property.holds(
        60,
        random -> {
          GroupEnds ends = new GroupEnds();
          List<Long> model = new ArrayList<>();
          List<Long> early = new ArrayList<>(); // gone, and not come yet
          long expired = 0;
          for (int step = 0; step < 4_000; step++) {
            long at = 100_000 + step * 10L;
            switch (random.nextInt(8)) {
              case 0 -> {
                ends.move(SessionRows.NO_END, at);
                model.add(at);
              }
              case 1 -> {
                long missing = at - random.nextLong(500);
                ends.move(missing, at);
                early.add(missing);
                model.add(at);
              }
              case 2 -> {
                if (!early.isEmpty()) {
                  ends.move(SessionRows.NO_END, early.remove(0));
                }
              }
              default -> {
                int known = model.isEmpty() ? -1 : random.nextInt(model.size());
                // As in a store, what has expired does not go on.
                if (known >= 0 && model.get(known) >= expired) {
                  ends.move(model.get(known), at);
                  model.set(known, at);
                }
              }
            }
            if (step % 50 == 0) {
              expired = Math.max(expired, at - random.nextLong(8_000, 20_000));
              ends.fit(expired);
              if (random.nextInt(10) == 0) {
                ends.sort(expired);
              }
              long after = expired - 1 + random.nextLong(10_000);
              long expected =
                  model.stream().filter(end -> end > after).count()
                      - early.stream().filter(end -> end > after).count();
              assertThat(ends.view().after(after)).isEqualTo(expected);
            }
          }
          ends.sort(Long.MAX_VALUE);
          assertThat(ends.isEmpty()).isTrue();
        });
  }

  @Test
  void aViewDoesNotChange() {
    GroupEnds ends = new GroupEnds();
    ends.move(SessionRows.NO_END, 10);
    GroupEnds.View before = ends.view();
    ends.move(10, 20);
    assertThat(before.after(9)).isEqualTo(1);
    assertThat(before.after(10)).isZero();
    ends.sort(0);
    assertThat(ends.view().after(19)).isEqualTo(1);
    assertThat(ends.view().after(20)).isZero();
    assertThat(before.after(10)).isZero();
  }
}
