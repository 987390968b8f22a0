using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// A <see cref="TensorProgram"/> that is run again and again and carries groups of tensors from one run to the next, such as the
/// parameters of a network, an optimiser's state and the state of environments.
/// </summary>
/// <remarks>
/// Step gets what the last run carried on, group by group, and the run's own inputs; it returns what to carry on, of the same numbers,
/// element types and shapes, and results. What holds for a program's function holds for it: whatever changes from run to run is carried
/// or an input.
/// </remarks>
public sealed class TensorLoop : IDisposable
{
    private readonly TensorProgram _program;
    private readonly SingleUse _use = new(nameof(TensorLoop));

    /// <summary>Begins a loop.</summary>
    /// <param name="step">One run.</param>
    /// <param name="start">What the first run gets, group by group; copied, so it may be disposed afterwards.</param>
    /// <param name="device">Where to run; the processor if null.</param>
    public TensorLoop(
        Func<Tensor[][], Tensor[], (Tensor[][] Carried, Tensor[] Results)> step, Tensor[][] start, Device? device = null)
    {
        int[] sizes = [.. start.Select(group => group.Length)];
        _program = new TensorProgram(
            x =>
            {
                Tensor[][] given = Grouped(x, sizes);
                var (carried, results) = step(given, x[sizes.Sum()..]);
                Require(given, carried);
                return [.. carried.SelectMany(group => group), .. results];
            },
            device);
        Carried = Grouped(Tensor.MakeAll([.. start.SelectMany(group => group)], tensor => Owned(tensor.Copy())), sizes);
    }

    /// <summary>What the next run gets, group by group. It belongs to the loop and lasts until that run.</summary>
    public Tensor[][] Carried { get; private set; }

    /// <summary>Runs the step.</summary>
    /// <param name="inputs">The run's own inputs; they may be disposed afterwards.</param>
    /// <returns>Its results, which belong to the caller's <see cref="TensorScope"/> or to the caller.</returns>
    /// <exception cref="InvalidOperationException">
    /// The step returns other groups than it was given, or does what a <see cref="TensorProgram"/> may not; or a program runs the loop,
    /// or it is running already. Nothing is carried on then.
    /// </exception>
    public Tensor[] Run(params Tensor[] inputs)
    {
        if (Recording.IsActive)
            throw new InvalidOperationException("TensorLoop: a program can't run a loop; its replays would carry nothing on.");
        using var turn = _use.Begin();
        Tensor[] old = [.. Carried.SelectMany(group => group)];
        var results = _program.Run([.. old, .. inputs]);
        Carried = Grouped(results, [.. Carried.Select(group => group.Length)]);
        foreach (var tensor in results[..old.Length])
            Owned(tensor);
        foreach (var tensor in old)
            tensor.Dispose();
        return results[old.Length..];
    }

    /// <summary>Returns the memory of the program and of what is carried.</summary>
    /// <exception cref="InvalidOperationException">The loop is running.</exception>
    public void Dispose()
    {
        if (!_use.End())
            return;
        _program.Dispose();
        foreach (var tensor in Carried.SelectMany(group => group))
            tensor.Dispose();
    }

    private static Tensor[][] Grouped(Tensor[] tensors, int[] sizes)
    {
        var groups = new Tensor[sizes.Length][];
        int start = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            groups[i] = tensors[start..(start + sizes[i])];
            start += sizes[i];
        }

        return groups;
    }

    // Another shape would be recorded anew in each run, another number would shift what follows.
    private static void Require(Tensor[][] given, Tensor[][] carried)
    {
        if (given.Length != carried.Length)
            throw new InvalidOperationException($"TensorLoop: {given.Length} groups were given, but {carried.Length} came back.");
        for (int i = 0; i < given.Length; i++)
        {
            string before = Text(given[i]), after = Text(carried[i]);
            if (before != after)
                throw new InvalidOperationException($"TensorLoop: group {i} was {before}, but came back as {after}.");
        }

        static string Text(Tensor[] group) => $"({string.Join(", ", group.Select(tensor => $"{tensor.Type} {tensor.Shape}"))})";
    }

    // Scopes end between runs.
    private static Tensor Owned(Tensor tensor)
    {
        TensorScope.Forget(tensor.Buffer);
        return tensor;
    }
}
