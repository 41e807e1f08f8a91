package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Property;
import io.streamsocial.store.Position;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ChangelogTest {
  @Test
  void aCheckpointComesBack() {
    Property.holds(
        500,
        random -> {
          byte[] progress = Property.bytes(random, random.nextInt(100));
          long streamTime = random.nextBoolean() ? Long.MIN_VALUE : Property.magnitude(random);
          Changelog.Checkpoint checkpoint =
              new Changelog.Checkpoint(
                  Property.magnitude(random), Property.magnitude(random), streamTime, progress);
          Changelog.Checkpoint read = Changelog.Checkpoint.decode(checkpoint.encode());
          assertThat(read.windowSizeMs()).isEqualTo(checkpoint.windowSizeMs());
          assertThat(read.shuffleOffset()).isEqualTo(checkpoint.shuffleOffset());
          assertThat(read.at(17))
              .isEqualTo(new Position(checkpoint.shuffleOffset(), 17, streamTime, progress));
        });
  }

  @Test
  void aCheckpointOfANewerVersionIsRefusedAndATruncatedOneToo() {
    byte[] bytes = new Changelog.Checkpoint(300_000, 7, 8, new byte[0]).encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Changelog.Checkpoint.decode(cut))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    bytes[0] = 2;
    assertThatThrownBy(() -> Changelog.Checkpoint.decode(bytes))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("upgrade");
  }

  @Test
  void aKeyIsDescribedInPrintableCharacters() {
    assertThat(Changelog.describe(null)).isEqualTo("no key");
    assertThat(Changelog.describe(utf8("a\n\u0007b"))).isEqualTo("'a??b' (4 bytes)");
    assertThat(Changelog.describe(ByteBuffer.allocate(1_000).array())).hasSizeLessThan(100);
  }
}
