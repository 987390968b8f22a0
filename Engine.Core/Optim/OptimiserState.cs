namespace Engine.Core.Optim;

/// <summary>What an optimiser remembers between updates: a tree.</summary>
/// <typeparam name="T">The tree of parameters, see <see cref="Tree"/>.</typeparam>
/// <param name="Step">The number of updates made, an Int32 scalar.</param>
public abstract record OptimiserState<T>(Tensor Step);

/// <summary>What <see cref="Sgd"/> remembers.</summary>
/// <inheritdoc/>
public sealed record SgdState<T>(Tensor Step) : OptimiserState<T>(Step);

/// <summary>What <see cref="RmsProp"/> remembers.</summary>
/// <typeparam name="T">The tree of parameters.</typeparam>
/// <param name="Step">The number of updates made, an Int32 scalar.</param>
/// <param name="Second">Moving averages of squared gradients.</param>
public sealed record RmsPropState<T>(Tensor Step, T Second) : OptimiserState<T>(Step);

/// <summary>What <see cref="Adam"/> remembers.</summary>
/// <typeparam name="T">The tree of parameters.</typeparam>
/// <param name="Step">The number of updates made, an Int32 scalar.</param>
/// <param name="First">Moving averages of gradients.</param>
/// <param name="Second">Moving averages of squared gradients.</param>
public sealed record AdamState<T>(Tensor Step, T First, T Second) : OptimiserState<T>(Step);

/// <summary>What <see cref="Flatten"/> remembers.</summary>
/// <typeparam name="T">The tree of parameters.</typeparam>
/// <param name="Step">The number of updates made, an Int32 scalar.</param>
/// <param name="Inner">What the optimiser of the vector remembers.</param>
public sealed record FlatState<T>(Tensor Step, OptimiserState<Tensor> Inner) : OptimiserState<T>(Step);
