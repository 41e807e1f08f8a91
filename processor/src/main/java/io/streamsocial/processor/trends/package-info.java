/** Questions, answers and the merging of answers: trending, emerging, regions, keys. */
@NullMarked
package io.streamsocial.processor.trends;

import org.jspecify.annotations.NullMarked;
