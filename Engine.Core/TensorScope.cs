using Engine.Core.Trees;
using Engine.Kernels;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Core;

/// <summary>
/// Returns the memory of all tensors made on this thread between its beginning and its end, except those it is told to keep.
/// Scopes nest. In check mode it also stops at the first operation that produces NaN or infinity, or gets an index out of range, in
/// programs too.
/// </summary>
/// <remarks>Without a scope it is the garbage collector that returns memory, some time after the tensor was dropped.</remarks>
/// <example><code>
/// using var scope = new TensorScope();
/// var loss = scope.Keep(Loss(parameters));
/// </code></example>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic]
    private static TensorScope? s_current;

    private readonly TensorScope? _outer;
    private readonly HashSet<Buffer> _owned = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _ended;

    /// <summary>Begins a scope on this thread.</summary>
    /// <param name="checkFinite">
    /// Whether to read every result and index, and to stop at the first NaN, infinity, or index out of range. Slow: programs run as they
    /// are written, and blocks one by one.
    /// </param>
    public TensorScope(bool checkFinite = false)
    {
        _outer = s_current;
        CheckFinite = checkFinite || (_outer?.CheckFinite ?? false);
        s_current = this;
    }

    /// <summary>Whether results are checked.</summary>
    public bool CheckFinite { get; }

    internal static TensorScope? Current => s_current;

    /// <summary>Whether results and indices are checked here and now.</summary>
    internal static bool IsChecking => s_current is { CheckFinite: true } && !Recording.IsActive;

    /// <summary>Lets a tree outlive this scope: its tensors belong to the scope around, or to the caller, who may dispose them.</summary>
    /// <returns>The tree.</returns>
    /// <exception cref="InvalidOperationException">The scope is another thread's.</exception>
    public T Keep<T>(T tree)
    {
        if (_thread != Environment.CurrentManagedThreadId)
            throw new InvalidOperationException("A tensor scope can only be told to keep tensors by the thread that began it.");
        TreeType<T>.VisitRoot(tree, new Keeper(this));
        return tree;
    }

    /// <summary>
    /// A step of a loop without a program: runs it in a scope of its own and returns all memory that it took, and that of the old state,
    /// but for what it returns. No history is kept, so that a loop takes no more memory the longer it runs.
    /// </summary>
    /// <typeparam name="TState">A tree, see <see cref="Tree"/>.</typeparam>
    /// <typeparam name="TOut">A tree.</typeparam>
    /// <param name="state">What the last step returned, and nobody else needs any more.</param>
    /// <param name="step">The step: the state after it, and results.</param>
    /// <returns>What the step returns, as leaves, for the scope around, or for the caller.</returns>
    /// <example><code>
    /// for (int i = 0; i &lt; 1000; i++)
    ///     (learner, var loss) = TensorScope.Step(learner, old => Update(old, batches[i]));
    /// </code></example>
    public static (TState State, TOut Results) Step<TState, TOut>(TState state, Func<TState, (TState State, TOut Results)> step)
    {
        (TState State, TOut Results) after;
        using (var scope = new TensorScope())
            after = scope.Keep(Tree.Map(step(state), tensor => tensor.AsLeaf()));
        var kept = Tree.Leaves(after).Select(tensor => tensor.Buffer).ToHashSet();
        foreach (var old in Tree.Leaves(state))
        {
            if (!kept.Contains(old.Buffer))
                old.Dispose();
        }

        return after;
    }

    /// <summary>Ends the scope.</summary>
    /// <exception cref="InvalidOperationException">A scope begun later on this thread has not ended, or this is another thread.</exception>
    public void Dispose()
    {
        if (_ended)
            return;
        if (s_current != this)
            throw new InvalidOperationException("Tensor scopes must end on their own thread, the last begun first.");
        _ended = true;
        s_current = _outer;
        foreach (var buffer in _owned)
            buffer.Device.Free(buffer);
        _owned.Clear();
    }

    internal static void Own(Buffer buffer)
    {
        // While a program is recorded its memory belongs to the recording.
        if (!Recording.IsActive)
            Give(buffer, s_current);
    }

    /// <summary>Takes a tensor's memory from the scopes of this thread, for somebody who disposes it.</summary>
    internal static void Forget(Buffer buffer)
    {
        for (var scope = s_current; scope is not null; scope = scope._outer)
            scope._owned.Remove(buffer);
    }

    /// <summary>Stops if what an operation made has NaN or infinity in it.</summary>
    internal static void Check(Primitive operation, Tensor y, Tensor[] x)
    {
        if (!IsChecking || !y.Type.IsFloat())
            return;
        double[] values = y.ToDoubles();
        int at = Array.FindIndex(values, value => !double.IsFinite(value));
        if (at < 0)
            return;
        string inputs = string.Join(", ", x.Select(input => $"{input.Type} {input.Shape}"));
        throw new NotFiniteNumberException(
            $"{operation.Name}({inputs}) produced {values[at]} at element {at} of {y.Shape}.", values[at]);
    }

    private static void Give(Buffer buffer, TensorScope? scope)
    {
        if (scope is null)
            buffer.ReturnWhenUnreachable();
        else
            scope._owned.Add(buffer);
    }

    private sealed class Keeper(TensorScope scope) : TreeVisitor
    {
        public override void Leaf(Tensor tensor)
        {
            if (scope._owned.Remove(tensor.Buffer))
                Give(tensor.Buffer, scope._outer);
        }
    }
}
