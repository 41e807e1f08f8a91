package io.streamsocial.processor.group;

import io.streamsocial.processor.log.ByteReader;
import io.streamsocial.processor.log.ByteWriter;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Utils;

/**
 * The views that a member can count. Its definitions decide what a state means, so two members with
 * one name for two definitions do not share a group.
 *
 * @param hashtags whether it counts the hashtags of posts
 * @param others definition of each other view, by name
 */
public record MemberViews(boolean hashtags, Map<String, String> others) {
  /** Of a member that is too old to say anything. */
  public static final MemberViews HASHTAGS = new MemberViews(true, Map.of());

  public MemberViews {
    others = Map.copyOf(others);
  }

  void put(ByteWriter out) {
    out.put(hashtags ? 1 : 0);
    out.putVarint(others.size());
    new TreeMap<>(others)
        .forEach(
            (name, definition) -> {
              UserData.putText(out, name);
              UserData.putText(out, definition);
            });
  }

  static MemberViews read(ByteReader in) {
    boolean hashtags = in.get() == 1;
    Map<String, String> others = new TreeMap<>();
    for (int left = in.getLength(); left > 0; left--) {
      others.put(UserData.text(in), UserData.text(in));
    }
    return new MemberViews(hashtags, others);
  }

  /** The same for the same views; 0 and up. */
  long digest() {
    ByteWriter all = new ByteWriter();
    put(all);
    return Integer.toUnsignedLong(Utils.murmur2(all.toBytes()));
  }

  @Override
  public String toString() {
    return "%s%s".formatted(hashtags ? "hashtags and " : "", new TreeMap<>(others).keySet());
  }
}
