/** From the bytes of a post to its hashtags, or to the reason of its rejection. */
@NullMarked
package io.streamsocial.processor.posts;

import org.jspecify.annotations.NullMarked;
