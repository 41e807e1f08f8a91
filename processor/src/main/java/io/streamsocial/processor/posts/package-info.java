/**
 * From the bytes of a post to its hashtags, its region and its time, or to the {@link
 * io.streamsocial.processor.posts.Rejection} that says why it cannot be counted. The rules of a
 * valid post and of a hashtag stand here.
 *
 * <p>Neither windows nor lateness: a post that is valid here can still be too late for its window.
 */
@NullMarked
package io.streamsocial.processor.posts;

import org.jspecify.annotations.NullMarked;
