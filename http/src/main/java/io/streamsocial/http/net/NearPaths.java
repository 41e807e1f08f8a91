package io.streamsocial.http.net;

import io.streamsocial.http.Resource;
import java.util.List;

/**
 * The paths of which a caller may have meant one: as the path that does not exist, but for one of
 * its names, not the last. So who asks for a store that there is not learns which there are.
 */
final class NearPaths {
  /** So many are named at most: one for each view that an engine may have. */
  private static final int NAMED_MAX = 16;

  private NearPaths() {}

  /**
   * @param path still percent-encoded
   * @return templates in the order of the route table
   */
  static List<String> of(List<Resource> resources, String path) {
    String[] asked = path.split("/", -1);
    return resources.stream()
        .map(Resource::template)
        .filter(template -> isNear(template.split("/", -1), asked))
        .distinct()
        .limit(NAMED_MAX)
        .toList();
  }

  private static boolean isNear(String[] template, String[] asked) {
    if (template.length != asked.length) {
      return false;
    }
    int different = 0;
    int last = asked.length - 1;
    for (int i = 0; i <= last; i++) {
      boolean isSame = template[i].equals(asked[i]) || template[i].startsWith("{");
      if (!isSame) {
        different += i == last ? 2 : 1;
      }
    }
    return different == 1;
  }
}
