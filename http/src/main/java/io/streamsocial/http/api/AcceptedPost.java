package io.streamsocial.http.api;

import java.util.List;
import java.util.Optional;

/**
 * One valid post on its way to the posts topic. Immutable: the bytes are not changed after it is
 * built.
 */
public final class AcceptedPost {
  private final Names names;
  private final byte[] json;
  private final List<String> hashtags;

  /**
   * @param json the object as it goes into the record
   * @param hashtags as they are counted, one for each mention
   */
  AcceptedPost(Names names, byte[] json, List<String> hashtags) {
    this.names = names;
    this.json = json;
    this.hashtags = List.copyOf(hashtags);
  }

  /**
   * What a post goes by; each is empty for none.
   *
   * @param userId the record's key
   * @param idempotencyKey the same in each try of one request, and of this post alone
   */
  record Names(String userId, String postId, String idempotencyKey) {}

  public Optional<String> userId() {
    return given(names.userId);
  }

  /** The value of the record's header that names the post. */
  public Optional<String> idempotencyKey() {
    return given(names.idempotencyKey);
  }

  /** What each try of this post has in common. */
  public Optional<String> sameInEachTry() {
    return given(names.postId).or(this::idempotencyKey);
  }

  private static Optional<String> given(String name) {
    return name.isEmpty() ? Optional.empty() : Optional.of(name);
  }

  public byte[] json() {
    return json;
  }

  /** In the order of the text. */
  public List<String> hashtags() {
    return hashtags;
  }
}
