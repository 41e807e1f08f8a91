package io.streamsocial.processor;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is counted: one row.
 *
 * @param region "" for all regions together
 */
public record CountKey(long windowStartMs, String region, String tag) {
  /**
   * What of the truth was not found or found otherwise, and what was found beside it; the first.
   */
  public static List<String> differences(Map<CountKey, Long> truth, Map<CountKey, Long> found) {
    Set<CountKey> keys = new HashSet<>(truth.keySet());
    keys.addAll(found.keySet());
    return keys.stream()
        .filter(key -> !truth.getOrDefault(key, 0L).equals(found.getOrDefault(key, 0L)))
        .map(key -> "%s: truth %s, found %s".formatted(key, truth.get(key), found.get(key)))
        .sorted()
        .limit(20)
        .toList();
  }
}
