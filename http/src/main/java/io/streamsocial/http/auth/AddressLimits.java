package io.streamsocial.http.auth;

/**
 * What one address may take; 0 for as much as it likes.
 *
 * @param requestsPerSecond of any kind but posts
 * @param postsPerSecond requests to POST /api/posts, each of one post or many
 * @param connections open at once
 * @param exemptsLoopback whether this machine itself has no limits
 */
public record AddressLimits(
    int requestsPerSecond, int postsPerSecond, int connections, boolean exemptsLoopback) {

  public static AddressLimits defaults() {
    return new AddressLimits(1_000, 100, 200, true);
  }
}
