package io.streamsocial.http.api;

import java.util.Optional;

/**
 * One valid post on its way to the posts topic. Immutable: the bytes are not changed after it is
 * built.
 */
public final class AcceptedPost {
  private final String userId;
  private final byte[] json;

  /**
   * @param userId the record's key, or empty for none
   * @param json the object as it goes into the record
   */
  AcceptedPost(String userId, byte[] json) {
    this.userId = userId;
    this.json = json;
  }

  public Optional<String> userId() {
    return userId.isEmpty() ? Optional.empty() : Optional.of(userId);
  }

  public byte[] json() {
    return json;
  }
}
