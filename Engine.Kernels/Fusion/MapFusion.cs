using Engine.Kernels.Rows;

namespace Engine.Kernels.Fusion;

/// <summary>
/// Which maps and reductions of a recording become parts of others: maps whose results other maps or reductions read, and nothing else;
/// reductions whose results a map reads that ends them. A map that costs little may become a part of several: to compute it again is
/// cheaper than to write it down and read it.
/// </summary>
internal sealed class MapFusion
{
    private const int MostReaders = 3;

    private readonly List<int>?[] _around;
    private readonly int[] _last;
    private readonly List<(int Inner, int Place)>?[] _within;
    private readonly KernelRequest?[] _composed;
    private readonly HashSet<int> _spared = [];

    private MapFusion(IReadOnlyList<KernelRequest?> requests)
    {
        _around = new List<int>?[requests.Count];
        _last = [.. Enumerable.Range(0, requests.Count)];
        _within = new List<(int, int)>?[requests.Count];
        _composed = [.. requests];
    }

    /// <summary>None.</summary>
    public static MapFusion None { get; } = new([]);

    /// <summary>Finds them.</summary>
    /// <param name="requests">The map or reduction that each command is, or null.</param>
    /// <param name="live">Whether anybody wants what a command does.</param>
    /// <param name="uses">The slots of buffers that each command reads and writes.</param>
    /// <param name="wanted">Slots of results.</param>
    /// <param name="slots">The number of slots.</param>
    public static MapFusion Of(
        IReadOnlyList<KernelRequest?> requests,
        bool[] live,
        IReadOnlyList<List<Use>> uses,
        IReadOnlySet<int> wanted,
        int slots)
    {
        var (readers, writes) = (new List<int>[slots], new int[slots]);
        for (int command = 0; command < live.Length; command++)
        {
            foreach (var use in uses[command].Where(use => live[command] && use.Slot >= 0))
            {
                writes[use.Slot] += use.Writes ? 1 : 0;
                if (use.Reads)
                    (readers[use.Slot] ??= []).Add(command);
            }
        }

        var fusion = new MapFusion(requests);
        for (int inner = 0; inner < live.Length; inner++)
        {
            if (live[inner] && fusion._composed[inner] is { Destination.Slot: >= 0 and var slot } request
                && writes[slot] == 1 && !wanted.Contains(slot) && readers[slot] is { } readBy)
            {
                fusion.Spare(inner, request, slot, readBy);
            }
        }

        // What waits for something that itself waits.
        for (int command = live.Length - 1; command >= 0; command--)
            fusion._last[command] = fusion._around[command]?.Max(reader => fusion._last[reader]) ?? command;
        return fusion;
    }

    /// <summary>What becomes a part of a command, in order, and which operand each then gives.</summary>
    public IReadOnlyList<(int Inner, int Place)> Within(int command) => _within[command] ?? [];

    /// <summary>The request that a command is, with all that has become a part of it; null where it is none.</summary>
    public KernelRequest? Composed(int command) => _composed[command];

    /// <summary>Whether a command is but a part of others.</summary>
    public bool IsPart(int command) => _around[command] is not null;

    /// <summary>The last command that does what a command was to do.</summary>
    public int Last(int command) => _last[command];

    /// <summary>Whether a buffer is never made, because what reads it computes it on the way.</summary>
    public bool Spares(int slot) => _spared.Contains(slot);

    // Makes a request a part of all those that read its result, if they can take it.
    private void Spare(int inner, KernelRequest request, int slot, List<int> readers)
    {
        if (readers.Count > (request is MapRequest { IsCheap: true } ? MostReaders : 1) || readers.Distinct().Count() < readers.Count)
            return;
        var taken = new List<(int Reader, int Place, KernelRequest Both)>();
        foreach (int reader in readers)
        {
            // A part of the result has its slot, too.
            int place = _composed[reader]?.Operands.ToList().FindIndex(operand => ReferenceEquals(operand, request.Destination)) ?? -1;
            if (place < 0 || _composed[reader]!.Absorb(request, place) is not { } both)
                return;
            taken.Add((reader, place, both));
        }

        foreach (var (reader, place, both) in taken)
        {
            _composed[reader] = both;
            (_within[reader] ??= []).Add((inner, place));
        }

        _around[inner] = readers;
        _spared.Add(slot);
    }
}
