namespace Engine.Bench.Runs;

/// <summary>Batches of agents in the order in which they are to train: each begins when it fits the memory beside those that do.</summary>
/// <param name="batches">The numbers of each batch's agents, and the bytes that they take.</param>
/// <param name="memory">The bytes that there are. A batch that takes more trains alone.</param>
internal sealed class WaitingBatches(IEnumerable<(int[] Agents, long Bytes)> batches, double memory)
{
    private readonly List<(int[] Agents, long Bytes)> _waiting = [.. batches];
    private double _left = memory;
    private int _training;

    /// <summary>Trains one batch after the other until none waits. Several threads share the batches out by calling this.</summary>
    /// <param name="train">Trains the agents of these numbers.</param>
    public void Train(Action<int[]> train)
    {
        while (Take() is var (agents, bytes))
        {
            try
            {
                train(agents);
            }
            finally
            {
                lock (_waiting)
                {
                    _left += bytes;
                    _training--;
                    Monitor.PulseAll(_waiting);
                }
            }
        }
    }

    // The first that fits, as soon as there is one; null if none is left.
    private (int[] Agents, long Bytes)? Take()
    {
        lock (_waiting)
        {
            while (_waiting.Count > 0)
            {
                int at = _waiting.FindIndex(batch => batch.Bytes <= _left || _training == 0);
                if (at >= 0)
                {
                    var next = _waiting[at];
                    _waiting.RemoveAt(at);
                    _left -= next.Bytes;
                    _training++;
                    return next;
                }

                Monitor.Wait(_waiting);
            }

            return null;
        }
    }
}
