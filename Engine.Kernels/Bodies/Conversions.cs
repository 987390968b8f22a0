namespace Engine.Kernels.Bodies;

/// <summary>Float32 to Float64.</summary>
internal readonly struct WidenBody(View<double> y, View<float> x) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index) => y[index] = x[index];
}

/// <summary>Float64 to Float32, rounded to nearest.</summary>
internal readonly struct NarrowBody(View<float> y, View<double> x) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index) => y[index] = (float)x[index];
}

/// <summary>Int32 to Float32, rounded to nearest.</summary>
internal readonly struct IntegerToSingleBody(View<float> y, View<int> x) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index) => y[index] = x[index];
}

/// <summary>Int32 to Float64.</summary>
internal readonly struct IntegerToDoubleBody(View<double> y, View<int> x) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index) => y[index] = x[index];
}

/// <summary>Float32 to Int32, towards zero; from out of range to the nearest, from NaN to 0, on every device.</summary>
internal readonly struct SingleToIntegerBody(View<int> y, View<float> x) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        float value = x[index];
        y[index] = value < 2147483648f && value >= -2147483648f ? (int)value : value > 0 ? int.MaxValue : value < 0 ? int.MinValue : 0;
    }
}

/// <summary>Float64 to Int32, towards zero; from out of range to the nearest, from NaN to 0, on every device.</summary>
internal readonly struct DoubleToIntegerBody(View<int> y, View<double> x) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        double value = x[index];
        y[index] = value < 2147483648d && value >= -2147483648d ? (int)value : value > 0 ? int.MaxValue : value < 0 ? int.MinValue : 0;
    }
}
