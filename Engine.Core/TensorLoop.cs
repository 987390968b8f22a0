using Engine.Core.Trees;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// A <see cref="TensorProgram{TIn, TOut}"/> that is run again and again and carries a state from one run to the next, such as a network,
/// its optimiser's state and environments.
/// </summary>
/// <remarks>
/// The step gets the state and the run's own inputs; it returns the next state, of the same structure, element types and shapes, and
/// results. What holds for a program's function holds for it: whatever changes from run to run is in the state or an input.
/// </remarks>
/// <typeparam name="TState">A tree, see <see cref="Tree"/>.</typeparam>
/// <typeparam name="TIn">A tree.</typeparam>
/// <typeparam name="TOut">A tree.</typeparam>
public sealed class TensorLoop<TState, TIn, TOut> : IDisposable
{
    private readonly TensorProgram<Given, Stepped> _program;
    private readonly SingleUse _use = new("TensorLoop");

    /// <summary>Begins a loop.</summary>
    /// <param name="step">One run: <c>(state, inputs) => (next state, results)</c>.</param>
    /// <param name="start">The state that the first run gets; copied, so it may be disposed afterwards.</param>
    /// <param name="device">Where it runs; where the state is if null.</param>
    /// <exception cref="InvalidOperationException">The state is that of a member of a <see cref="Batch.Map"/>.</exception>
    public TensorLoop(Func<TState, TIn, (TState State, TOut Results)> step, TState start, Device? device = null)
    {
        RequireWhole(start);
        _program = new(
            given =>
            {
                var (state, results) = step(given.State, given.Inputs);
                RequireSame(given.State, state);
                return new(state, results);
            },
            device);
        State = Owned(Tree.With(start, Tensor.MakeAll(Tree.Leaves(start), tensor => tensor.Copy())));
    }

    /// <summary>What the next run gets. It belongs to the loop and lasts until that run.</summary>
    public TState State { get; private set; }

    /// <summary>
    /// Whether each replay's results and next state are compared with what the step gives as written, see
    /// <see cref="TensorProgram{TIn, TOut}.Verify"/>.
    /// </summary>
    public bool Verify
    {
        get => _program.Verifies;
        init => _program.Verifies = value;
    }

    /// <summary>Commands of the replay that ran last; 0 before there was one.</summary>
    public int CommandCount => _program.CommandCount;

    /// <summary>Bytes that replays work in; 0 before there was one.</summary>
    public long WorkingBytes => _program.WorkingBytes;

    /// <summary>Runs the step.</summary>
    /// <param name="inputs">The run's own inputs; they may be disposed afterwards.</param>
    /// <returns>Its results, which belong to the caller's <see cref="TensorScope"/> or to the caller.</returns>
    /// <exception cref="InvalidOperationException">
    /// The step returns another kind of state than it was given, or does what a program may not; or a program or a map runs the loop, or it
    /// is running already; or it verifies, and a replay differs. The state is that of before then.
    /// </exception>
    public TOut Run(TIn inputs)
    {
        if (Recording.IsActive)
            throw new InvalidOperationException("TensorLoop: a program can't run a loop; its replays would carry nothing on.");
        RequireWhole(inputs);
        using var turn = _use.Begin();
        var old = State;
        (State, var results) = _program.Run(new(old, inputs));
        Owned(State);
        Tree.Dispose(old);
        return results;
    }

    /// <summary>The bytes that runs would work in, see <see cref="TensorProgram{TIn, TOut}.Plan"/>.</summary>
    /// <param name="inputs">Inputs like those of a run.</param>
    public long Plan(TIn inputs) => _program.Plan(new(State, inputs));

    /// <summary>Returns the memory of the program and of the state.</summary>
    /// <exception cref="InvalidOperationException">The loop is running.</exception>
    public void Dispose()
    {
        if (!_use.End())
            return;
        _program.Dispose();
        Tree.Dispose(State);
    }

    private static void RequireWhole<T>(T tree)
    {
        if (BatchedMap.Of(Tree.Leaves(tree)) is not null)
        {
            throw new InvalidOperationException(
                "TensorLoop: a loop has one state, and can't run for each member of a Batch.Map: map within its step.");
        }
    }

    // Another shape would be recorded anew in each run.
    private static void RequireSame(TState given, TState carried)
    {
        if (TreeSignature.Of(given, isExact: true).Fits(carried))
            return;
        string[] before = Described(given), after = Described(carried);
        string lost = Listed(before.Except(after)), found = Listed(after.Except(before));
        throw new InvalidOperationException(
            lost + found == ""
                ? "TensorLoop: the step brought back other constants in its state than it was given: what changes must be a tensor."
                : $"TensorLoop: the step was given {Or(lost)}, but brought back {Or(found)}.");

        static string[] Described(TState state)
            => [.. Tree.Names(state).Zip(Tree.Leaves(state), (name, leaf) => $"{name} {leaf.Type} {leaf.Shape}".TrimStart())];

        static string Listed(IEnumerable<string> parts) => string.Join(", ", parts.Take(5));

        static string Or(string parts) => parts == "" ? "nothing more" : parts;
    }

    // Scopes end between runs.
    private static TState Owned(TState state)
    {
        foreach (var tensor in Tree.Leaves(state))
            TensorScope.Forget(tensor.Buffer);
        return state;
    }

    // With names for messages.
    private readonly record struct Given(TState State, TIn Inputs);

    private readonly record struct Stepped(TState State, TOut Results);
}
