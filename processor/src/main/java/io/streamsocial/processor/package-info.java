/**
 * The words of the engine: its configuration, its status and states, the routing table, the names
 * of its topics, its incidents, and the exceptions by which it refuses to start. All rooms below
 * may use them, and so may every program that embeds the engine.
 *
 * <p>Nothing runs here. The engine itself is in {@code loop}, questions and answers are in {@code
 * trends}.
 */
@NullMarked
package io.streamsocial.processor;

import org.jspecify.annotations.NullMarked;
