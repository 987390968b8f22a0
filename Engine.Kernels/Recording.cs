using Engine.Kernels.Fusion;
using Engine.Kernels.Memory;
using Engine.Kernels.Rows;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels;

/// <summary>
/// The commands a function gives to a device, kept to be given again. The function is called twice, and nothing is computed yet: the
/// first time the recording observes which buffers are made and which command reads and writes which; the second time it stores the
/// commands, without those whose results nobody reads, in a memory plan in which buffers whose lives do not overlap share their bytes.
/// </summary>
/// <remarks>The function must make the same requests both times. Commands of a replay run in the order they were given.</remarks>
internal sealed class Recording : IDisposable
{
    private const int External = -1;

    [ThreadStatic]
    private static Recording? s_current;

    private readonly List<Request> _requests = [];
    private readonly List<List<Use>> _uses = [[]];
    private readonly List<Type> _kinds = [];
    private readonly List<KernelRequest?> _fusible = [];
    private readonly List<Command> _given = [];
    private readonly Dictionary<int, Command> _rowwise = [];
    private readonly List<Command> _steps = [];
    private readonly Dictionary<int, KernelRequest> _held = [];
    private readonly Dictionary<int, (int First, int Count)> _scratch = [];
    private readonly List<Buffer> _owned = [];
    private readonly HashSet<Buffer> _captured = [];
    private readonly HashSet<int> _whole = [];
    private Command[] _commands = [];
    private List<Command>? _stored;
    private int[] _results = [];
    private bool[] _live = [];
    private MapFusion _fusion = MapFusion.None;
    private RowLoops _loops = RowLoops.None;
    private bool _isGiving;
    private int _giving;
    private int _nextScratch;
    private long _arenaBytes;
    private Buffer? _arena;
    private Buffer? _observed;
    private int _nextRequest;
    private int _nextCommand;
    private int _nextUse;
    private long _touched;

    /// <summary>Starts a recording of what is done on <paramref name="device"/>.</summary>
    public Recording(Device device) => Device = device;

    /// <summary>The recording that this thread's requests go to, if any.</summary>
    internal static Recording? Current => s_current;

    /// <summary>Whether this thread is recording; if so no value may be read by the host.</summary>
    public static bool IsActive => s_current is not null;

    /// <summary>
    /// What kernels have made of buffers for their own use, in this pass: a buffer is written once, so others may use it. The key says what
    /// was made, and of which buffer.
    /// </summary>
    internal Dictionary<object, Buffer> Derived { get; private set; } = [];

    /// <summary>Whether it matters what the rows of the next command are.</summary>
    internal bool WantsRows => _stored is null || _loops.Of(_isGiving ? _giving : _nextCommand) is not null;

    /// <summary>The number of commands a replay runs; a device may have made one of them.</summary>
    public int CommandCount { get; private set; }

    /// <summary>The device whose commands are recorded.</summary>
    internal Device Device { get; }

    /// <summary>Bytes of the memory plan.</summary>
    public long ArenaBytes => _arena?.ByteLength ?? 0;

    /// <summary>Bytes of all buffers that a replay uses, whether they share their place or not.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Memory that lives as long as the recording: for its inputs, results and constants.</summary>
    public Buffer Own(long byteLength)
    {
        var buffer = Device.Take(byteLength, External, recorded: true);
        _owned.Add(buffer);
        return buffer;
    }

    /// <summary>First pass: observes what <paramref name="function"/> does. It takes no memory but that of constants.</summary>
    /// <param name="function">Gives commands; returns the buffers whose contents a replay must leave behind.</param>
    /// <returns>Bytes that replays would work in.</returns>
    /// <remarks>If it throws, here or in <see cref="Store"/>, the recording is of no further use but to be disposed.</remarks>
    public long Observe(Func<IEnumerable<Buffer>> function)
    {
        _observed = new Buffer(Device, 0, 0);
        Within(() =>
        {
            _results = [.. function().Select(buffer => buffer.Slot)];
            _arenaBytes = Layout();
        });
        _observed.Forget();
        return _arenaBytes;
    }

    /// <summary>Second pass: calls <paramref name="function"/> again and stores its commands.</summary>
    /// <exception cref="InvalidOperationException">It made other requests than the first time, or returned other buffers.</exception>
    public void Store(Func<IEnumerable<Buffer>> function)
    {
        _arena = _arenaBytes > 0 ? Own(_arenaBytes) : null;
        _stored = [];
        _nextRequest = 0;
        _nextCommand = 0;
        _nextUse = 0;
        IEnumerable<Buffer> results = [];
        Within(() => results = function());
        bool sameResults = results.Select(buffer => buffer.Slot).SequenceEqual(_results);
        if (_nextRequest != _requests.Count || _nextCommand != _live.Length || _steps.Count > 0 || !sameResults)
            throw Changed();
        CommandCount = _stored.Count;
        _commands = Device.Prepare([.. _stored]);
        _uses.Clear();
        _kinds.Clear();
        _fusible.Clear();
        _rowwise.Clear();
        _given.Clear();
        _fusion = MapFusion.None;
        _loops = RowLoops.None;
        _held.Clear();
        _scratch.Clear();
    }

    /// <summary>
    /// A part of what a function does of whose work nobody will use anything but the results. They are what is kept from then on: nothing
    /// made in the part or before it, for a kernel's own use, is held across, nor what a result could be computed from later.
    /// </summary>
    /// <param name="part">The part.</param>
    /// <param name="buffers">The buffers of its results.</param>
    internal static T Part<T>(Func<T> part, Func<T, IEnumerable<Buffer>> buffers)
    {
        if (s_current is not { } recording)
            return part();
        var derived = recording.Derived;
        recording.Derived = [];
        try
        {
            var results = part();
            recording._whole.UnionWith(buffers(results).Select(buffer => buffer.Slot));
            return results;
        }
        finally
        {
            recording.Derived = derived;
        }
    }

    /// <summary>Runs the stored commands.</summary>
    /// <exception cref="ObjectDisposedException">Memory that the commands use, but that is not the recording's, was returned.</exception>
    public void Replay()
    {
        foreach (var buffer in _captured)
        {
            if (buffer.IsFreed)
            {
                throw new ObjectDisposedException(
                    nameof(Buffer), "A tensor that the recorded function captured has been disposed: keep it, or make it an input.");
            }
        }

        if (_arena is not null)
            Device.Pool.Spoil(_arena.Address, _arena.ByteLength);
        if (ReplayProfile.Active is { } profile)
        {
            profile.Replay(this, _stored!);
            return;
        }

        foreach (var command in _commands)
            command.Execute();
    }

    /// <summary>Returns the recording's memory.</summary>
    public void Dispose()
    {
        foreach (var buffer in _owned)
            buffer.Free();
        _owned.Clear();
        foreach (var command in _commands)
            (command as IDisposable)?.Dispose();
        _commands = [];
        CommandCount = 0;
    }

    /// <summary>Whether memory is not the recording's, but of a tensor that its function captures.</summary>
    internal static bool Captures(Buffer buffer) => !buffer.IsRecorded && buffer.Slot == External;

    internal Buffer Allocate(long byteLength)
    {
        int slot = _isGiving && _stored is not null ? _nextScratch++ : _nextRequest++;
        if (_stored is null)
        {
            _requests.Add(new Request(byteLength));
            return new Buffer(Device, 0, byteLength) { Slot = slot, IsRecorded = true, Whole = _observed };
        }

        if (slot >= _requests.Count || _requests[slot].ByteLength != byteLength)
            throw Changed();
        return new Buffer(Device, (_arena?.Address ?? 0) + _requests[slot].Offset, byteLength)
        {
            Slot = slot,
            IsRecorded = true,
            Whole = _arena,
        };
    }

    internal void Touch(Buffer buffer, Access access)
    {
        _touched += buffer.ByteLength;
        if (_isGiving)
            return;
        var uses = _uses[_nextCommand];
        if (_stored is null)
            uses.Add(Use.Of(buffer, access));
        else if (_nextUse >= uses.Count || (uses[_nextUse].Slot, uses[_nextUse++].Access) != (buffer.Slot, access))
            throw Changed();
        else if (!buffer.IsRecorded && _nextCommand < _live.Length && _live[_nextCommand])
            _captured.Add(buffer);
    }

    /// <summary>Takes note of a command.</summary>
    internal void Add(Command command)
    {
        command.Bytes = _touched;
        _touched = 0;
        if (_isGiving)
            _given.Add(command);
        else
            Keep(Next(command.GetType(), null), [command]);
    }

    /// <summary>
    /// Takes note of a map or a reduction. In the second pass it may wait for what reads its result, and become a part of that one's
    /// command.
    /// </summary>
    internal void Add(KernelRequest request)
    {
        Touch(request.Destination, Access.Write);
        foreach (var operand in request.Operands)
            Touch(operand, Access.Read);
        _touched = 0;
        int number = Next(request.GetType(), request);
        if (_stored is not null)
        {
            // Memory for a kernel's own use was asked for while it was given, before what comes next, whether it is live or not.
            var scratch = _scratch.GetValueOrDefault(number);
            _nextRequest += scratch.Count;
            if (!_live[number])
                return;
            foreach (var (inner, place) in _fusion.Within(number))
            {
                request = request.Absorb(_held[inner], place) ?? throw Changed();
                scratch = _scratch.GetValueOrDefault(inner, scratch);
            }

            if (_fusion.IsPart(number))
            {
                _held.Add(number, request);
                if (scratch.Count > 0)
                    _scratch[number] = scratch;
                return;
            }

            _nextScratch = scratch.First;
        }

        int first = _nextRequest;
        _giving = number;
        Keep(number, CommandsOf(request));
        if (_stored is null && _nextRequest > first)
            _scratch.Add(number, (first, _nextRequest - first));
    }

    // What a device makes of a request.
    private IReadOnlyList<Command> CommandsOf(KernelRequest request)
    {
        _given.Clear();
        _isGiving = true;
        try
        {
            request.Give(Device);
            return _given;
        }
        finally
        {
            _isGiving = false;
        }
    }

    private void Keep(int number, IReadOnlyList<Command> commands)
    {
        if (_stored is null)
        {
            if (commands is [{ Rows: not null }])
                _rowwise.Add(number, commands[0]);
        }
        else if (_loops.Of(number) is { } loop)
        {
            _steps.AddRange(commands);
            if (number != loop.Last)
                return;
            _stored.Add(_steps.Count == loop.Commands.Count ? Device.Loop(_steps, loop.Stages, loop.Rows) : throw Changed());
            _steps.Clear();
        }
        else if (_live[number])
        {
            _stored.AddRange(commands);
        }
    }

    // The number of a command, which must be one like the first time.
    private int Next(Type kind, KernelRequest? request)
    {
        int number = _nextCommand++;
        if (_stored is null)
        {
            _uses.Add([]);
            _kinds.Add(kind);
            _fusible.Add(request);
            return number;
        }

        if (number >= _live.Length || _nextUse != _uses[number].Count || _kinds[number] != kind)
            throw Changed();
        _nextUse = 0;
        return number;
    }

    private static InvalidOperationException Changed()
        => new(
            "A recorded function made other requests the second time than the first. What it does may depend on the structure, shapes and "
            + "constants of its inputs only; a program with Verify = true names what changed.");

    private void Within(Action function)
    {
        if (s_current is not null)
            throw new InvalidOperationException("A recording is already under way on this thread.");
        s_current = this;
        try
        {
            function();
        }
        finally
        {
            s_current = null;
            Derived.Clear();
        }
    }

    // Which commands are live, and where in one block each buffer lies; the size of that.
    private long Layout()
    {
        int commands = _nextCommand;
        var wanted = new bool[_requests.Count];
        foreach (int slot in _results.Where(slot => slot != External))
            wanted[slot] = true;

        // Backwards: a command is live if it writes what somebody wants, and then wants what it reads.
        _live = new bool[commands];
        for (int command = commands - 1; command >= 0; command--)
        {
            _live[command] = _uses[command].Exists(use => use.Writes && (use.Slot == External || wanted[use.Slot]));
            if (!_live[command])
                continue;
            foreach (var use in _uses[command].Where(use => use.Slot != External && use.Reads))
                wanted[use.Slot] = true;
        }

        _fusion = MapFusion.Of(_fusible, _live, _uses, wanted: _whole.Union(_results).ToHashSet(), slots: _requests.Count);
        _loops = _rowwise.Count > 0 ? RowLoops.Of([.. LiveCommands()]) : RowLoops.None;
        var first = new int[_requests.Count];
        var last = new int[_requests.Count];
        Array.Fill(first, int.MaxValue);
        Array.Fill(last, -1);
        for (int command = 0; command < commands; command++)
        {
            if (!_live[command])
                continue;

            // What is read by one that waits for another must stay until then; its result never comes to be.
            int at = _fusion.Last(command);
            var (scratch, count) = _scratch.GetValueOrDefault(command);
            int[] slots = [.. _uses[command].Select(use => use.Slot), .. Enumerable.Range(scratch, count)];
            foreach (int slot in slots.Where(slot => slot != External && !_fusion.Spares(slot)))
            {
                first[slot] = Math.Min(first[slot], command);
                last[slot] = Math.Max(last[slot], at);
            }
        }

        foreach (int slot in _results.Where(slot => slot != External))
            last[slot] = int.MaxValue;

        UsedBytes = _requests.Index().Sum(request => last[request.Index] >= 0 ? request.Item.ByteLength : 0);
        var places = _loops.Lengthen(first, last, slot => _requests[slot].ByteLength);
        long bytes = MemoryPlan.Assign(_requests.Count, slot => (_requests[slot].ByteLength, first[slot], last[slot]), Place);
        foreach (var (slot, other) in places)
            Place(slot, _requests[other].Offset);
        return bytes;

        void Place(int slot, long offset) => _requests[slot] = _requests[slot] with { Offset = offset };
    }

    // The commands that a replay gives, with what is known of their rows.
    private IEnumerable<RowCommand> LiveCommands()
    {
        for (int number = 0; number < _live.Length; number++)
        {
            if (!_live[number] || _fusion.IsPart(number))
                continue;
            var (command, uses) = (_rowwise.GetValueOrDefault(number), (IReadOnlyList<Use>)_uses[number]);
            if (_fusion.Composed(number) is { } request && _fusion.Within(number).Count > 0)
            {
                command = OneCommandOf(request);
                uses = [Use.Of(request.Destination, Access.Write), .. request.Operands.Select(operand => Use.Of(operand, Access.Read))];
            }

            bool isOne = command is not null && !_scratch.ContainsKey(number);
            yield return new(number, isOne ? command!.Rows : null, uses, command?.Operations ?? 0);
        }
    }

    // The command that a device makes of a request, if it is one and takes no memory for its own use, which is not asked for yet.
    private Command? OneCommandOf(KernelRequest request)
    {
        int next = _nextRequest;
        var commands = CommandsOf(request);
        bool isOne = commands.Count == 1 && _nextRequest == next;
        _requests.RemoveRange(next, _nextRequest - next);
        _nextRequest = next;
        return isOne ? commands[0] : null;
    }

    private readonly record struct Request(long ByteLength)
    {
        public long Offset { get; init; }
    }
}
