using Engine.Core.Trees;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// A function of trees of tensors that runs with the least overhead. The first run calls it twice, once to plan its memory and once to
/// record what it asks of the device; this and all later runs replay that with their inputs: no graph, no allocation but for the results.
/// What is made inside is recycled; only results escape, as leaves.
/// </summary>
/// <remarks>
/// The function may depend on nothing but its inputs: numbers of the host that it reads become constants, and tensors that it captures
/// must stay. Inputs of another structure, of other shapes or types, or with another constant in them, are recorded anew, beside the
/// earlier ones. A program is used by one thread at a time. It may run another one; that one's results are constants to derivatives there
/// too.
/// </remarks>
/// <typeparam name="TIn">A tree: a tensor, an array, a tuple or a record, see <see cref="Tree"/>.</typeparam>
/// <typeparam name="TOut">A tree.</typeparam>
/// <param name="function">The function. It must not read values on the host.</param>
/// <param name="device">Where it runs; where its inputs are if null.</param>
public sealed class TensorProgram<TIn, TOut>(Func<TIn, TOut> function, Device? device = null) : IDisposable
{
    private readonly List<Recorded> _recorded = [];
    private readonly SingleUse _use = new("TensorProgram");

    /// <summary>
    /// Whether every operation is checked for NaN and infinity. The function then runs as written in each call, as it also does within a
    /// <see cref="TensorScope"/> that checks. Within another program it is that one's setting that counts.
    /// </summary>
    public bool CheckFinite { get; init; }

    /// <summary>
    /// Whether each call also records the function anew, runs that on the same inputs, and compares all results, which must be equal
    /// as numbers, where NaN equals NaN. They differ where a recording has frozen what changes: a number or a tensor from outside, a branch
    /// on it, a clock, a random number of C#. For finding such mistakes: slower than without a program. In another program, or where the
    /// function runs as written, it has no effect.
    /// </summary>
    public bool Verify
    {
        get => Verifies;
        init => Verifies = value;
    }

    /// <summary><see cref="Verify"/>, for a loop to set.</summary>
    internal bool Verifies { get; set; }

    /// <summary>Commands of the replay that ran last; 0 before there was one.</summary>
    public int CommandCount { get; private set; }

    /// <summary>Bytes that replays work in, over all shapes of inputs.</summary>
    public long WorkingBytes => _recorded.Sum(recorded => recorded.Instance.WorkingBytes);

    /// <summary>Runs the function.</summary>
    /// <param name="inputs">What it is applied to; copied, so it may be disposed afterwards.</param>
    /// <returns>The results, which belong to the caller's <see cref="TensorScope"/> or to the caller.</returns>
    /// <exception cref="ArgumentException">An input is on another device.</exception>
    /// <exception cref="InvalidOperationException">
    /// The function reads a value on the host, or asks for other things than the first time; or the program is running already; or it
    /// verifies, and a replay's results differ: the message has their name and the first constant that did.
    /// </exception>
    /// <exception cref="NotFiniteNumberException">An operation produced NaN or infinity, and that is checked.</exception>
    public TOut Run(TIn inputs)
    {
        var (leaves, place) = Placed(inputs);

        // In another program, or a map, it becomes a part of that. Derivatives end at inputs and results, however a program is run.
        bool isPart = Recording.IsActive || BatchedMap.Of(leaves) is not null;
        return isPart ? Tree.Map(function(Tree.Map(inputs, x => x.AsLeaf())), y => y.AsLeaf())
            : CheckFinite || TensorScope.IsChecking ? RunAsWritten(inputs)
            : RunRecorded(inputs, leaves, place);
    }

    /// <summary>The bytes that it would take to run the function, which is called, but nothing is computed.</summary>
    /// <param name="inputs">Inputs of the structure and shapes in question.</param>
    /// <exception cref="ArgumentException">An input is on another device.</exception>
    /// <exception cref="InvalidOperationException">The function reads a value on the host, or this is in a program or a map.</exception>
    public long Plan(TIn inputs)
    {
        var (leaves, place) = Placed(inputs);
        using var turn = _use.Begin();
        using var recorded = new Recorded(function, inputs, leaves, place, false, null);
        return recorded.Instance.Plan();
    }

    /// <summary>Returns the memory of all recordings.</summary>
    /// <exception cref="InvalidOperationException">The program is running.</exception>
    public void Dispose()
    {
        if (!_use.End())
            return;
        foreach (var recorded in _recorded)
            recorded.Dispose();
        _recorded.Clear();
    }

    private (Tensor[] Leaves, Device Place) Placed(TIn inputs)
    {
        _use.ThrowIfEnded();
        var leaves = Tree.Leaves(inputs);
        var place = device ?? (leaves.Length > 0 ? leaves[0].Device : Device.Cpu);
        for (int i = 0; i < leaves.Length; i++)
        {
            if (leaves[i].Device != place)
                throw ProgramInstance.Elsewhere(Tree.Names(inputs)[i], leaves[i], place);
        }

        return (leaves, place);
    }

    private TOut RunRecorded(TIn inputs, Tensor[] leaves, Device place)
    {
        using var turn = _use.Begin();
        var recorded = _recorded.Find(each => each.Instance.Device == place && each.Signature.Fits(inputs));
        if (recorded is null)
            _recorded.Add(recorded = new Recorded(function, inputs, leaves, place, Verifies, null));
        var instance = recorded.Instance;
        Tensor[] results = [];
        try
        {
            recorded.Run(leaves);
            results = Tensor.MakeAll(instance.Results, like => Tensor.Allocate(place, like.Type, like.Shape));
            for (int i = 0; i < results.Length; i++)
                instance.CopyResult(i, results[i], 0);
            instance.Deliver();
            if (Verifies)
                RequireSame(recorded, inputs, leaves, results);
        }
        catch
        {
            // Half a recording can't be gone on with: the next call begins anew.
            _recorded.Remove(recorded);
            recorded.Dispose();
            foreach (var result in results)
                result.Dispose();
            throw;
        }

        CommandCount = instance.CommandCount;
        return Tree.With(recorded.Results, results);
    }

    private void RequireSame(Recorded recorded, TIn inputs, Tensor[] leaves, Tensor[] replayed)
    {
        var device = recorded.Instance.Device;
        using var anew = new Recorded(function, inputs, leaves, device, false, null);
        anew.Run(leaves);
        var results = Tree.With(anew.Results, anew.Instance.Results);
        if (ResultDifference.Of(Tree.With(recorded.Results, replayed), results) is { } difference)
        {
            using var again = new Recorded(function, inputs, leaves, device, true, recorded.Trace);
            again.Instance.Plan();
            throw new InvalidOperationException(
                $"Verify: a replay gives other results than its function: {difference}. "
                + (again.Trace!.Change() ?? "Constants and operations are those of the recording, so it is something else that changes: an "
                    + "operation whose results don't depend on its inputs alone, or the memory of a captured tensor."));
        }
    }

    private TOut RunAsWritten(TIn inputs)
    {
        using var turn = _use.Begin();
        using var scope = new TensorScope(checkFinite: true);
        var results = function(Tree.Map(inputs, x => x.AsLeaf()));
        ProgramInstance.RequireWhole(Tree.Leaves(results));
        return scope.Keep(Tree.With(results, Tensor.MakeAll(Tree.Leaves(results), y => y.Copy())));
    }

    /// <summary>The function for inputs of one signature.</summary>
    private sealed class Recorded : IDisposable
    {
        public Recorded(Func<TIn, TOut> function, TIn inputs, Tensor[] leaves, Device device, bool traces, ProgramTrace? earlier)
        {
            // Nothing of the first inputs is held on to.
            var like = Tree.Map(inputs, x => x.WithoutMemory());
            Signature = TreeSignature.Of(inputs, isExact: true);
            Trace = earlier;
            Instance = new ProgramInstance(
                x =>
                {
                    using var tracing = traces ? (Trace = new ProgramTrace(Trace)).Begin() : null;
                    var results = function(Tree.With(like, x));
                    Results = Tree.Map(results, y => y.AsLeaf());
                    var made = Tree.Leaves(results);
                    tracing?.End(made);
                    return made;
                },
                device,
                leaves);
        }

        public TreeSignature Signature { get; }

        public ProgramInstance Instance { get; }

        /// <summary>What the function made when it ran last, if anybody wants to know.</summary>
        public ProgramTrace? Trace { get; private set; }

        /// <summary>The structure of the results.</summary>
        public TOut Results { get; private set; } = default!;

        public void Run(Tensor[] leaves)
        {
            for (int i = 0; i < leaves.Length; i++)
                Instance.SetInput(i, leaves[i], 0);
            try
            {
                Instance.Run();
            }
            catch (InvalidOperationException e)
            {
                // No filter: that would read tensors while they are recorded.
                if (Trace?.Change() is { } change)
                    throw new InvalidOperationException($"{e.Message} {change}", e);
                throw;
            }

            Trace?.Read();
        }

        public void Dispose() => Instance.Dispose();
    }
}
